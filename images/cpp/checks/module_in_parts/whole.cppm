export module whole;
export import :part;

export int answer();
