// go-files COMMAND... -- ENTRY SOURCE...: runs the command with the names of the entry and of those sources that Go would
// build here. A name such as x_windows.go and a line such as //go:build ignore leave a file out; the entry always stays.
package main

import (
	"fmt"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
)

func main() {
	end := slices.Index(os.Args, "--")
	command, entry := os.Args[1:end], os.Args[end+1]
	files := []string{entry}
	for _, name := range os.Args[end+2:] {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		if fits, err := build.Default.MatchFile(".", name); fits || err != nil {
			files = append(files, name)
		}
	}
	check(files)
	path, err := exec.LookPath(command[0])
	if err == nil {
		err = syscall.Exec(path, append(command, files...), os.Environ())
	}
	fail(err.Error())
}

// Go's own words for these need a folder for each package, and a gist has none.
func check(files []string) {
	var packages []string
	for _, name := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.PackageClauseOnly)
		if err == nil && !slices.Contains(packages, parsed.Name.Name) {
			packages = append(packages, parsed.Name.Name)
		}
	}
	slices.Sort(packages)
	if len(packages) > 1 {
		fail(fmt.Sprintf("The Go files of this gist are of several packages (%s), and a gist has no folders for them.",
			strings.Join(packages, ", ")))
	}
	if len(packages) == 1 && packages[0] != "main" {
		fail(fmt.Sprintf("Package %s is a library, and it has no tests: a program is of package main.", packages[0]))
	}
}

func fail(sentence string) {
	fmt.Fprintln(os.Stderr, sentence)
	os.Exit(1)
}
