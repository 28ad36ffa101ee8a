# now: $PATH.insert(0, __DIR__) # prepend
# now: $PATH.append(__DIR__) # append
if __DIR__ not in getattr(__xonsh__.env['PATH'], '_l', ()) and __DIR__ not in __xonsh__.env['PATH'] and __DIR__ + '/' not in __xonsh__.env['PATH']: __xonsh__.env['PATH'] = [__DIR__, *getattr(__xonsh__.env['PATH'], '_l', __xonsh__.env['PATH'])] # prepend
if __DIR__ not in getattr(__xonsh__.env['PATH'], '_l', ()) and __DIR__ not in __xonsh__.env['PATH'] and __DIR__ + '/' not in __xonsh__.env['PATH']: __xonsh__.env['PATH'] = [*getattr(__xonsh__.env['PATH'], '_l', __xonsh__.env['PATH']), __DIR__] # append
