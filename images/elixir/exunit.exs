# exunit.exs TESTS [MODULE…]: runs a file with tests. The modules that it tests are compiled to files, since examples in their
# documentation are read from there.
ExUnit.start()
[tests | modules] = System.argv()
modules = Enum.filter(modules, &File.regular?/1)

if modules != [] do
  folder = Path.join(System.tmp_dir!(), "beams")
  File.mkdir_p!(folder)
  Code.prepend_path(folder)
  Code.put_compiler_option(:docs, true)

  case Kernel.ParallelCompiler.compile_to_path(modules, folder, return_diagnostics: true) do
    {:ok, _, _} -> :ok
    {:error, _, _} -> System.halt(1)
  end
end

Code.require_file(tests)
