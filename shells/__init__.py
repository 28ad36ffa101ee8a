"""The snippets: one file a shell language, in which `__DIR__` stands for the directory."""
