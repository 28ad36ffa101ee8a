# shellcheck shell=sh disable=SC2221,SC2222
# now: export PATH=__DIR__:"$PATH" # prepend
# now: export PATH="$PATH":__DIR__ # append
case ${PATH-}: in
    __DIR__:* | __DIR__/:* | *:__DIR__:* | *:__DIR__/:*) ;;
    *) PATH=__DIR__${PATH:+:$PATH} && export PATH ;; # prepend
    *) PATH=${PATH:+$PATH:}__DIR__ && export PATH ;; # append
esac
