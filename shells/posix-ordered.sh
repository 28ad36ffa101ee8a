# shellcheck shell=sh
case ${PATH-}: in
    __DIR__:*) ;; # prepend
    *:__DIR__) ;; # append
    *)
        PATH=:${PATH-}:
        while :; do
            case $PATH in
                *:__DIR__:*) PATH=${PATH%%:__DIR__:*}:${PATH#*:__DIR__:} ;;
                *:__DIR__/:*) PATH=${PATH%%:__DIR__/:*}:${PATH#*:__DIR__/:} ;;
                *) break ;;
            esac
        done
        PATH=${PATH#:}
        PATH=${PATH%:}
        PATH=__DIR__${PATH:+:$PATH} && export PATH # prepend
        PATH=${PATH:+$PATH:}__DIR__ && export PATH # append
        ;;
esac
