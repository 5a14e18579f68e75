import org.apache.commons.lang3.StringUtils;
public class Broken { public String f() { return StringUtils.upperCase("x"); } }
