$env:PATH = (@(__DIR__) + @("$env:PATH".Split(':') -ne '' -cne __DIR__ -cne (__DIR__ + '/'))) -join ':' # prepend
$env:PATH = (@("$env:PATH".Split(':') -ne '' -cne __DIR__ -cne (__DIR__ + '/')) + @(__DIR__)) -join ':' # append
