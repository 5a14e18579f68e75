import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;

/** RunScript CLASS [ARGUMENT…]: runs a compiled script, whose statements are the constructor of its class. */
public final class RunScript {
    public static void main(String[] words) throws Throwable {
        String[] arguments = Arrays.copyOfRange(words, 1, words.length);
        try {
            Class.forName(words[0]).getConstructor(String[].class).newInstance((Object) arguments);
        } catch (InvocationTargetException failed) {
            throw failed.getCause();
        }
    }
}
