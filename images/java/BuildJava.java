import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ImportTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import java.io.IOException;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.lang.model.SourceVersion;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * BuildJava FOLDER FILE [OPTION…]: compiles the gist's Java files to FOLDER/classes, and writes to FOLDER/main which class is to
 * be started: that of FILE which has a main method. With an empty FILE it compiles all files, with JUnit at hand.
 *
 * <p>A public class belongs into a file of its own name, which gists often forget. So each file gets the name of its first public
 * class. What a file holds is told by the compiler's own parser.
 */
final class BuildJava {
    private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();

    private final StandardJavaFileManager manager = COMPILER.getStandardFileManager(null, null, StandardCharsets.UTF_8);
    private final Path sources;
    private final List<String> options;

    /** A file of the gist, by what stands in it. */
    private record Source(String name, CompilationUnitTree tree) {
        List<ClassTree> classes() {
            return ofKind(tree.getTypeDecls());
        }

        boolean isProgram() {
            return classes().stream().anyMatch(each -> hasMain(each, false));
        }

        boolean isTest() {
            return tree.getImports().stream()
                    .map(ImportTree::getQualifiedIdentifier)
                    .anyMatch(each -> each.toString().matches("(org\\.)?junit\\..*"));
        }
    }

    private BuildJava(Path folder, List<String> options) {
        sources = folder.resolve("sources");
        this.options = options;
    }

    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        String file = args[1];
        Files.createDirectories(folder.resolve("sources"));
        Files.createDirectories(folder.resolve("classes"));
        List<String> options = new ArrayList<>(List.of("-encoding", "UTF-8", "-proc:none", "-implicit:class", "-Xlint:-options"));
        options.addAll(List.of("-d", folder.resolve("classes").toString()));
        options.addAll(List.of("-cp", classPath(folder.resolve("sources"), file.isEmpty())));
        options.addAll(ofCompiler(List.of(args).subList(2, args.length)));
        System.exit(new BuildJava(folder, options).build(folder, file) ? 0 : 1);
    }

    private static String classPath(Path sources, boolean tests) throws IOException {
        List<String> places = new ArrayList<>(tests ? jars("/usr/local/lib/junit") : List.of());
        places.add(sources.toString());
        places.addAll(jars("/packages"));
        return String.join(":", places);
    }

    /** The compiler as a library knows no `folder/*`, which its command does. */
    private static List<String> jars(String folder) throws IOException {
        if (!Files.isDirectory(Path.of(folder))) {
            return List.of();
        }
        try (Stream<Path> list = Files.list(Path.of(folder))) {
            return list.map(Path::toString).filter(each -> each.endsWith(".jar")).sorted().toList();
        }
    }

    /** Those options of a shebang that say which language is meant; all others are for the run. */
    private static List<String> ofCompiler(List<String> given) {
        List<String> options = new ArrayList<>();
        for (int at = 0; at < given.size(); at++) {
            if (given.get(at).equals("--source") && at + 1 < given.size()) {
                options.addAll(List.of("--source", given.get(++at)));
            } else if (given.get(at).startsWith("--source=")) {
                options.addAll(List.of("--source", given.get(at).substring("--source=".length())));
            } else if (given.get(at).equals("--enable-preview")) {
                options.add("--enable-preview");
            }
        }
        if (options.contains("--enable-preview") && !options.contains("--source")) {
            options.addAll(List.of("--source", Integer.toString(Runtime.version().feature())));
        }
        return options;
    }

    private boolean build(Path folder, String file) throws IOException {
        Map<String, Source> found = named(file);
        Source entry = found.values().stream().filter(each -> isFile(each, file)).findFirst().orElse(null);
        String first = entry == null ? null : nameOf(entry);
        List<String> all = found.keySet().stream().filter(each -> !each.equals(first)).toList();
        if (entry == null) {
            StringWriter said = new StringWriter();
            boolean compiled = compile(all, said);
            System.err.print(said);
            return compiled;
        }
        // A file that cannot be compiled must not stop a program that does not use it.
        List<String> others = all.stream().filter(each -> !found.get(each).isProgram() && !found.get(each).isTest()).toList();
        if (!compiles(first, others, all)) {
            return false;
        }
        Optional<String> main = mainOf(entry, first.substring(0, first.length() - ".java".length()));
        if (main.isEmpty()) {
            System.err.println(file + " has no main method.");
            return false;
        }
        Object inside = entry.tree.getPackageName();
        Files.writeString(folder.resolve("main"), (inside == null ? "" : inside + ".") + main.get() + "\n");
        return true;
    }

    private static boolean isFile(Source source, String file) {
        return source.name.equals(Path.of(file).normalize().toString());
    }

    /** The gist's files by the names that they get, copied to where they are compiled. No other takes the name of the entry. */
    private Map<String, Source> named(String file) throws IOException {
        List<Path> paths;
        try (Stream<Path> list = Files.list(Path.of(""))) {
            paths = list.filter(each -> each.toString().toLowerCase().endsWith(".java")).sorted().toList();
        }
        List<Source> parsed = new ArrayList<>();
        JavacTask task = task(paths, List.of(), Writer.nullWriter());
        for (CompilationUnitTree tree : task.parse()) {
            parsed.add(new Source(Path.of(tree.getSourceFile().getName()).toString(), tree));
        }
        parsed.sort((one, other) -> Boolean.compare(isFile(other, file), isFile(one, file)));
        Map<String, Source> found = new LinkedHashMap<>();
        for (Source source : parsed) {
            if ((!source.classes().isEmpty() || isFile(source, file)) && found.putIfAbsent(nameOf(source), source) == null) {
                Files.copy(Path.of(source.name), sources.resolve(nameOf(source)));
            }
        }
        return found;
    }

    private static String nameOf(Source source) {
        String stem = source.name.substring(0, source.name.length() - ".java".length());
        return source.classes().stream()
                        .filter(each -> each.getModifiers().getFlags().contains(Modifier.PUBLIC))
                        .map(each -> each.getSimpleName().toString())
                        .findFirst()
                        .orElse(SourceVersion.isName(stem) && !stem.contains(".") ? stem : "Gist")
                + ".java";
    }

    /**
     * Whether the entry compiles with the others, or else with all, or else without those of the others that have errors.
     * The compiler says why not.
     */
    private boolean compiles(String entry, List<String> others, List<String> all) throws IOException {
        StringWriter errors = new StringWriter();
        if (compile(joined(entry, others), errors)) {
            System.err.print(errors);
            return true;
        }
        List<String> leftOut = new ArrayList<>();
        StringWriter said = errors;
        while (!hasErrors(entry, said)) {
            StringWriter last = said;
            List<String> broken = others.stream().filter(each -> hasErrors(each, last)).toList();
            if (broken.isEmpty()) {
                break;
            }
            leftOut.addAll(broken);
            others = others.stream().filter(each -> !broken.contains(each)).toList();
            said = new StringWriter();
            if (compile(joined(entry, others), said)) {
                System.err.print(said);
                leftOut.forEach(each -> System.err.println(each + " cannot be compiled. The program does without it."));
                return true;
            }
        }
        // What it needs may stand in a file that is a program as well.
        said = new StringWriter();
        boolean compiled = all.size() > others.size() + leftOut.size() && compile(joined(entry, all), said);
        System.err.print(compiled ? said : errors);
        return compiled;
    }

    private static List<String> joined(String entry, List<String> others) {
        return Stream.concat(Stream.of(entry), others.stream()).toList();
    }

    private static boolean hasErrors(String name, StringWriter said) {
        return Pattern.compile("^" + Pattern.quote(name) + ":", Pattern.MULTILINE).matcher(said.toString()).find();
    }

    private boolean compile(List<String> names, Writer said) throws IOException {
        StringWriter written = new StringWriter();
        boolean compiled = task(names.stream().map(sources::resolve).toList(), options, written).call();
        said.write(written.toString().replace(sources + "/", ""));
        return compiled;
    }

    private JavacTask task(List<Path> paths, List<String> options, Writer said) {
        Iterable<? extends JavaFileObject> files = manager.getJavaFileObjectsFromPaths(paths);
        return (JavacTask) COMPILER.getTask(said, manager, null, options, null, files);
    }

    /** The class of the entry that Java can start, by the name that Java knows it by. */
    private static Optional<String> mainOf(Source entry, String stem) {
        List<String> classic = new ArrayList<>(), instance = new ArrayList<>(), inherited = new ArrayList<>();
        for (ClassTree each : entry.classes()) {
            // A file without a class is one of the file's name.
            String name = SourceVersion.isName(each.getSimpleName()) ? each.getSimpleName().toString() : stem;
            collect(each, name, classic, instance);
            if (each.getExtendsClause() != null) {
                inherited.add(name);
            }
        }
        return Stream.of(classic, instance, inherited).flatMap(List::stream).findFirst();
    }

    private static void collect(ClassTree in, String name, List<String> classic, List<String> instance) {
        if (hasMain(in, true)) {
            classic.add(name);
        } else if (hasMain(in, false)) {
            instance.add(name);
        }
        for (ClassTree inner : ofKind(in.getMembers())) {
            collect(inner, name + "$" + inner.getSimpleName(), classic, instance);
        }
    }

    private static boolean hasMain(ClassTree in, boolean classic) {
        for (Tree member : in.getMembers()) {
            if (member instanceof MethodTree method && method.getName().contentEquals("main") && method.getReturnType() != null) {
                boolean isStatic = method.getModifiers().getFlags().contains(Modifier.STATIC);
                boolean takesText = method.getParameters().size() == 1
                        && method.getParameters().getFirst().getType().toString().matches("(java\\.lang\\.)?String(\\[\\]|\\.\\.\\.)");
                if (method.getReturnType().toString().equals("void")
                        && (classic ? isStatic && takesText : takesText || method.getParameters().isEmpty())) {
                    return true;
                }
            }
        }
        return false;
    }

    private static List<ClassTree> ofKind(List<? extends Tree> trees) {
        return trees.stream().filter(ClassTree.class::isInstance).map(ClassTree.class::cast).toList();
    }
}
