<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output method="text"/>
  <xsl:template match="/"><xsl:value-of select="count(//line)"/> lines, the last is <xsl:value-of select="//line[last()]"/><xsl:text>&#10;</xsl:text></xsl:template>
</xsl:stylesheet>
