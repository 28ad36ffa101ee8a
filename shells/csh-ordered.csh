if ( ! $?PATH ) then
    set path = ( $path:q )
endif
if ( ! $?path ) setenv PATH "${PATH}"
set onpath_rest = ()
foreach onpath_entry ( $path:q )
    if ( "$onpath_entry" != __DIR__ && "$onpath_entry" != __DIR__"/" ) set onpath_rest = ( $onpath_rest:q "$onpath_entry" )
end
set path = ( __DIR__ $onpath_rest:q ) # prepend
set path = ( $onpath_rest:q __DIR__ ) # append
unset onpath_rest onpath_entry
