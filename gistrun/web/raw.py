"""The bytes of one file of a gist. Nothing of them is ever a page of ours: text is plain, pictures run nothing."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from gistrun.address import USUAL_ID
from gistrun.errors import NotFound
from gistrun.model import GistFile
from gistrun.render.picture import SVG, is_pdf, picture
from gistrun.web.front.headers import SECRET
from gistrun.web.front.inputs import checked_gist_id, checked_revision
from gistrun.web.services import services
from gistrun.web.swapped import swapped

blueprint = Blueprint("raw", __name__)

#: A document of its own: no origin, no script, no frame, nothing loaded. A drawing keeps its own style.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


# Else it would also be the address of GitHub's OWNER/ID/raw/NAME behind our host.
@blueprint.get("/gist/<gist_id>/<string(length=40):revision>/raw/<name>")
def raw(gist_id: str, revision: str, name: str) -> ResponseReturnValue:
    """The file as it is in that revision: text as text, a picture as a picture, anything else to be saved."""
    if USUAL_ID.fullmatch(revision):
        return swapped(f"gist/{gist_id}/{revision}/raw/{name}")  # of an owner, as Enterprise has it
    gist, _ = services().runs.gists.get(checked_gist_id(gist_id), checked_revision(revision))
    file = gist.file(name)
    if file is None:
        raise NotFound(f"Revision {gist.revision[:7]} of this gist has no file of that name.")
    answer = Response(file.content, content_type=_type(file))
    answer.headers.update(
        {
            "Content-Security-Policy": _POLICY,
            # Only our own pages show it, so that nobody else's can count on us for their pictures.
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": f"{'public' if gist.public else 'private'}, no-cache",
            "Vary": "Sec-Fetch-Dest",
        }
    )
    if not gist.public:
        answer.headers.update(SECRET)
    if answer.mimetype in ("application/octet-stream", "application/pdf"):
        answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
    answer.set_etag(hashlib.sha256(f"{answer.mimetype}\n".encode() + file.content).hexdigest()[:24])
    return answer.make_conditional(request)


def _type(file: GistFile) -> str:
    """The media type, by the file's bytes. A drawing is text for whoever opens it by itself."""
    found = picture(file.content)
    if found and (found.type != SVG or request.headers.get("Sec-Fetch-Dest", "image") == "image"):
        return found.type
    if is_pdf(file.content):
        return "application/pdf"
    try:
        file.content.decode()
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "application/octet-stream" if b"\0" in file.content else "text/plain; charset=utf-8"
