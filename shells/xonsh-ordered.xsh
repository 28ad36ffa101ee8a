__xonsh__.env['PATH'] = [__DIR__] + [entry for entry in __xonsh__.env['PATH'] if entry not in (__DIR__, __DIR__ + '/')] # prepend
__xonsh__.env['PATH'] = [entry for entry in __xonsh__.env['PATH'] if entry not in (__DIR__, __DIR__ + '/')] + [__DIR__] # append
