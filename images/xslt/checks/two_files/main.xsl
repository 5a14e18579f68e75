<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:import href="answer.xsl"/>
  <xsl:output method="text"/>
  <xsl:template match="/"><xsl:call-template name="answer"/><xsl:text>&#10;</xsl:text></xsl:template>
</xsl:stylesheet>
