# now: set paths = [__DIR__ $@paths]
if (not (or (has-value (or $paths []) __DIR__) (has-value (or $paths []) __DIR__/))) { set paths = [__DIR__ (all (or $paths []))] } # prepend
if (not (or (has-value (or $paths []) __DIR__) (has-value (or $paths []) __DIR__/))) { set paths = [(all (or $paths [])) __DIR__] } # append
