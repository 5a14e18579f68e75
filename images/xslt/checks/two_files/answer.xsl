<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:template name="answer"><xsl:value-of select="6 * 7"/></xsl:template>
</xsl:stylesheet>
