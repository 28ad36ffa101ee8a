# now: $env.PATH = ($env.PATH | prepend __DIR__) # prepend
# now: $env.PATH = ($env.PATH | append __DIR__) # append
$env.PATH = ($env.PATH? | default [] | if ($in | describe) == "string" { split row (char esep) } else { $in } | if (__DIR__ in $in) or ((__DIR__ + "/") in $in) { $in } else { prepend __DIR__ }) # prepend
$env.PATH = ($env.PATH? | default [] | if ($in | describe) == "string" { split row (char esep) } else { $in } | if (__DIR__ in $in) or ((__DIR__ + "/") in $in) { $in } else { append __DIR__ }) # append
