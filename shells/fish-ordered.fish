set -gx PATH __DIR__ (for entry in $PATH; contains -- $entry __DIR__ __DIR__/; or echo $entry; end) # prepend
set -gx PATH (for entry in $PATH; contains -- $entry __DIR__ __DIR__/; or echo $entry; end) __DIR__ # append
