# now: setenv PATH __DIR__:"${PATH}" # prepend
# now: setenv PATH "${PATH}":__DIR__ # append
if ( ! $?PATH ) then
    set path = ( $path:q )
endif
if ( ! $?path ) setenv PATH "${PATH}"
if ( " $path " !~ *" "__DIR__" "* ) then
    setenv PATH __DIR__":${PATH}" # prepend
    setenv PATH "${PATH}:"__DIR__ # append
endif
