# now: set paths = [__DIR__ $@paths]
try { if (has-value $paths __DIR__) { nop } elif (has-value $paths __DIR__/) { nop } else { set paths = [__DIR__ $@paths] } } catch e { set paths = [__DIR__] } # prepend
try { if (has-value $paths __DIR__) { nop } elif (has-value $paths __DIR__/) { nop } else { set paths = [$@paths __DIR__] } } catch e { set paths = [__DIR__] } # append
