# now: $env:Path = __DIR__ + ';' + $env:Path # prepend
# now: $env:Path = $env:Path + ';' + __DIR__ # append
