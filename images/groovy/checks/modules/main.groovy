import groovy.sql.Sql
import groovy.text.SimpleTemplateEngine
import groovy.xml.MarkupBuilder
import groovy.xml.XmlSlurper
import java.nio.file.Path
import java.time.LocalDate

def written = new StringWriter()
new MarkupBuilder(written).list { item('one') }
println new XmlSlurper().parseText(written.toString()).item
println new SimpleTemplateEngine().createTemplate('Hello, $name').make(name: 'world')
println((Date.parse('yyyy-MM-dd', '2020-02-28') + 2).format('yyyy-MM-dd'))
println LocalDate.of(2020, 2, 28) + 2
Path.of('/sandbox/tmp/file').text = 'kept'
println Path.of('/sandbox/tmp/file').text
println Sql.simpleName
