package other
import android.os.Bundle
class MainActivity { fun f(b: Bundle) {} }
