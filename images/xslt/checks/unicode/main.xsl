<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output encoding="UTF-8"/>
  <xsl:template match="/"><wörter>naïve <xsl:value-of select="//word"/> 🙂</wörter></xsl:template>
</xsl:stylesheet>
