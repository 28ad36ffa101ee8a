# now: set -gx PATH __DIR__ $PATH # prepend
# now: set -gx PATH $PATH __DIR__ # append
contains -- __DIR__ $PATH; or contains -- __DIR__/ $PATH; or set -gx PATH __DIR__ $PATH # prepend
contains -- __DIR__ $PATH; or contains -- __DIR__/ $PATH; or set -gx PATH $PATH __DIR__ # append
