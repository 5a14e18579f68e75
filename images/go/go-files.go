// go-files COMMAND... -- ENTRY SOURCE...: runs the command with the names of the entry and of those sources that Go would
// build with it here. A name such as x_windows.go and a line such as //go:build ignore leave a file out. An entry that is
// left out itself stands alone, as with `go run`. A program with functions in assembly is built as a folder, since assembly
// cannot be named, and from the folder all other Go files are taken out.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
)

func main() {
	end := slices.Index(os.Args, "--")
	command, entry := os.Args[1:end], os.Args[end+1]
	files := []string{entry}
	if fits(entry) {
		for _, name := range os.Args[end+2:] {
			if !strings.HasSuffix(name, "_test.go") && fits(name) {
				files = append(files, name)
			}
		}
	}
	refuseC(entry, os.Args[end+1:])
	files = ofOnePackage(files)
	slices.Sort(files) // the order in which Go runs their init functions
	if needsAssembly(files) {
		command, files = append(command, "-overlay", withoutOthers(files)), []string{"."}
	}
	path, err := exec.LookPath(command[0])
	if err == nil {
		err = syscall.Exec(path, append(command, files...), os.Environ())
	}
	fail(err.Error())
}

// Files with C in them are left out, since there is no C compiler here: that is an error, unless others take their place.
func refuseC(entry string, sources []string) {
	var withC []string
	for _, name := range sources {
		content, _ := os.ReadFile(name)
		if notC.Match(content) {
			return
		}
		if parsed := parse(name); parsed != nil && slices.ContainsFunc(parsed.Imports, isC) && (name == entry || !strings.HasSuffix(name, "_test.go")) {
			withC = append(withC, name)
		}
	}
	if len(withC) > 0 {
		fail(fmt.Sprintf("%s has C in it (import \"C\"), and Go is built without C here. "+
			"Write that part in Go, or as a program in C of its own.", withC[0]))
	}
}

var notC = regexp.MustCompile(`(?m)^//go:build .*!cgo`)

func isC(imported *ast.ImportSpec) bool { return imported.Path.Value == `"C"` }

// Whether there is assembly, and a function without a body for it.
func needsAssembly(files []string) bool {
	found, _ := filepath.Glob("*.s")
	if !slices.ContainsFunc(found, fits) {
		return false
	}
	for _, name := range files {
		parsed, _ := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if parsed != nil && slices.ContainsFunc(parsed.Decls, hasNoBody) {
			return true
		}
	}
	return false
}

func hasNoBody(declared ast.Decl) bool {
	function, is := declared.(*ast.FuncDecl)
	return is && function.Body == nil
}

// The name of a file for -overlay, by which the folder has no Go files but these.
func withoutOthers(files []string) string {
	replace := map[string]string{}
	folder, _ := os.Getwd()
	all, _ := filepath.Glob("*.go")
	for _, name := range all {
		if !slices.ContainsFunc(files, func(each string) bool { return filepath.Clean(each) == name }) {
			replace[filepath.Join(folder, name)] = ""
		}
	}
	text, _ := json.Marshal(map[string]any{"Replace": replace})
	made, err := os.CreateTemp("", "overlay*.json")
	if err == nil {
		_, err = made.Write(text)
	}
	if err != nil {
		fail(err.Error())
	}
	return made.Name()
}

func fits(name string) bool {
	fits, err := build.Default.MatchFile(".", name)
	return fits || err != nil
}

// The files of the entry's package. Go's own words for the others need a folder for each package, and a gist has none.
func ofOnePackage(files []string) []string {
	entry := parse(files[0])
	if entry == nil {
		return files
	}
	own := entry.Name.Name
	if own != "main" {
		fail(fmt.Sprintf("Package %s is a library, and it has no tests: a program is of package main.", own))
	}
	var kept, imported, others []string
	for _, name := range files {
		parsed := parse(name)
		if parsed != nil && parsed.Name.Name != own {
			others = append(others, parsed.Name.Name)
			continue
		}
		kept = append(kept, name)
		if parsed != nil {
			for _, each := range parsed.Imports {
				imported = append(imported, path.Base(strings.Trim(each.Path.Value, "`\"")))
			}
		}
	}
	for _, other := range others {
		if slices.Contains(imported, other) {
			fail(fmt.Sprintf("This gist imports its package %s, and has no folder for it: all its Go files stand in one.", other))
		}
	}
	return kept
}

// What is found even where the rest of the file has errors; nil if there is no package.
func parse(name string) *ast.File {
	parsed, _ := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
	if parsed == nil || parsed.Name == nil || parsed.Name.Name == "" || parsed.Name.Name == "_" {
		return nil
	}
	return parsed
}

func fail(sentence string) {
	fmt.Fprintln(os.Stderr, sentence)
	os.Exit(1)
}
