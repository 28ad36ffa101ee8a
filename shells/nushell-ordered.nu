$env.PATH = ($env.PATH? | default [] | split row (char esep) | where {|entry| $entry not-in [__DIR__ (__DIR__ + "/")] } | prepend __DIR__) # prepend
$env.PATH = ($env.PATH? | default [] | split row (char esep) | where {|entry| $entry not-in [__DIR__ (__DIR__ + "/")] } | append __DIR__) # append
