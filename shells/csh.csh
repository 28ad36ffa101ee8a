# now: setenv PATH __DIR__:"${PATH}"
if ( ! $?PATH ) setenv PATH /usr/local/bin:/usr/bin:/bin
if ( ":${PATH}:" !~ *:__DIR__:* ) setenv PATH __DIR__":${PATH}" # prepend
if ( ":${PATH}:" !~ *:__DIR__:* ) setenv PATH "${PATH}:"__DIR__ # append
