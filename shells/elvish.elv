# now: set-env PATH __DIR__":"$E:PATH # prepend
# now: set-env PATH $E:PATH{:}__DIR__ # append
if ?(if (has-value $paths __DIR__) { nop } elif (has-value $paths __DIR__/) { nop } else { set-env PATH __DIR__":"$E:PATH }) { nop } else { set-env PATH __DIR__ } # prepend
if ?(if (has-value $paths __DIR__) { nop } elif (has-value $paths __DIR__/) { nop } else { set-env PATH $E:PATH":"__DIR__ }) { nop } else { set-env PATH __DIR__ } # append
