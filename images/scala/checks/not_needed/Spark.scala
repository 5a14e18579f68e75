import org.apache.spark.sql.SparkSession
object Job { def f(s: SparkSession) = s }
