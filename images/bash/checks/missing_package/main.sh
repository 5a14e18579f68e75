set -e
curl https://example.com
