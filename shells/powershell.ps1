# now: $env:PATH = __DIR__ + ':' + $env:PATH # prepend
# now: $env:PATH = $env:PATH + ':' + __DIR__ # append
if (@("$env:PATH".Split(':').TrimEnd('/')) -cnotcontains __DIR__) { $env:PATH = (@(__DIR__) + @("$env:PATH".Split(':') -ne '')) -join ':' } # prepend
if (@("$env:PATH".Split(':').TrimEnd('/')) -cnotcontains __DIR__) { $env:PATH = (@("$env:PATH".Split(':') -ne '') + @(__DIR__)) -join ':' } # append
