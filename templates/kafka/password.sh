# password FILE: whether the password can stand in Kafka's files as it is.
password() {
    local LC_ALL=C text
    IFS= read -r -d '' text <"$1" || :
    [[ -n $text && $text != *[^\ -~]* && $text != *[\"\\]* ]]
}
