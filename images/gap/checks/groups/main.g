Print(Size(SymmetricGroup(5)), "\n");
# From the libraries of small, transitive and primitive groups.
Print(StructureDescription(SmallGroup(8, 3)), "\n");
Print(NrTransitiveGroups(6), " ", NrPrimitiveGroups(8), "\n");
Print(Factors(120), "\n");
Print(List([1 .. 5], n -> n ^ 2), "\n");
