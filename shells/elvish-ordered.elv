set paths = [__DIR__ (each {|entry| if (not (has-value [__DIR__ __DIR__/] $entry)) { put $entry } } $paths)] # prepend
set paths = [(each {|entry| if (not (has-value [__DIR__ __DIR__/] $entry)) { put $entry } } $paths) __DIR__] # append
