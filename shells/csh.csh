# now: setenv PATH __DIR__:"${PATH}" # prepend
# now: setenv PATH "${PATH}":__DIR__ # append
if ( " $path " !~ *" "__DIR__" "* ) then
    if ( ! $?PATH ) setenv PATH /usr/local/bin:/usr/bin:/bin
    setenv PATH __DIR__":${PATH}" # prepend
    setenv PATH "${PATH}:"__DIR__ # append
endif
