#!/usr/bin/env bash
# What mail programs themselves have written is read: Thunderbird (while it runs, too), Evolution, Claws Mail and KDE's settings
# library, as the distribution has them, without a screen or a network. As root, since it installs them and leaves the network;
# they run as an ordinary user. MAILTRIAGE is the program.
set -euo pipefail
cd "$(dirname "$0")/.."
MAILTRIAGE=$(realpath "${MAILTRIAGE:-target/release/mailtriage}")
PACKAGES=(thunderbird evolution-data-server claws-mail libkf5config-bin xvfb dbus-x11 libglib2.0-bin util-linux)

missing=()
for package in "${PACKAGES[@]}"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
done
if ((${#missing[@]})); then
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "${missing[@]}" >/dev/null
fi

HOME_THERE=$(mktemp -d)
trap 'rm -rf "$HOME_THERE"' EXIT
install -m 755 "$MAILTRIAGE" "$HOME_THERE/mailtriage"
chown 65534:65534 "$HOME_THERE"
as_user() {
    unshare --net setpriv --reuid=65534 --regid=65534 --clear-groups env -i -C "$HOME_THERE" HOME="$HOME_THERE" \
        PATH="$HOME_THERE:/usr/bin:/bin" LANG=C.UTF-8 XDG_RUNTIME_DIR="$HOME_THERE" timeout 120 "$@"
}
put() { cat >"$HOME_THERE/$1" && chown 65534:65534 "$HOME_THERE/$1"; }
# NAME SETTINGS ORIGIN: what the report says of the account that this program has stored.
stored() {
    local said
    said=$(as_user mailtriage check "--from-client=$1" --only settings --no-references --format text 2>&1) || true
    grep -qF "$2 (as stored in $3" <<<"$said" || { printf 'programs: %s: no "%s (as stored in %s" in\n%s\n' "$@" "$said" >&2; exit 1; }
    echo "programs: $3: $2"
}

thunderbird() {
    as_user thunderbird --headless -CreateProfile "work $HOME_THERE/.thunderbird/abc.work" >/dev/null 2>&1
    put .thunderbird/abc.work/user.js <<'JS'
user_pref("mail.accountmanager.accounts", "account1");
user_pref("mail.account.account1.identities", "id1");
user_pref("mail.account.account1.server", "server1");
user_pref("mail.server.server1.type", "imap");
user_pref("mail.server.server1.hostname", "imap.example.com");
user_pref("mail.server.server1.userName", "anna");
user_pref("mail.identity.id1.useremail", "anna@example.com");
user_pref("mail.identity.id1.fullName", "Anna \"Müller\" \\ x");
user_pref("mail.identity.id1.smtpServer", "smtp1");
user_pref("mail.smtpservers", "smtp1");
user_pref("mail.smtpserver.smtp1.hostname", "smtp.example.com");
user_pref("mail.smtpserver.smtp1.port", 465);
user_pref("mail.smtpserver.smtp1.try_ssl", 3);
user_pref("mail.smtpserver.smtp1.authMethod", 3);
user_pref("mail.smtpserver.smtp1.username", "anna");
JS
    # shellcheck disable=SC2016 # expanded by the shell inside
    as_user sh -c '
        thunderbird --headless --profile "$HOME/.thunderbird/abc.work" >/dev/null 2>&1 & program=$!
        for _ in $(seq 300); do grep -q localfoldersserver .thunderbird/abc.work/prefs.js 2>/dev/null && break; sleep 0.2; done
        mailtriage check --from-client=thunderbird --only settings --no-references --format text >while-it-runs 2>&1
        kill $program; wait $program' 2>/dev/null || true
    grep -q "smtp.example.com, port 465" "$HOME_THERE/while-it-runs" || { cat "$HOME_THERE/while-it-runs" >&2; exit 1; }
    stored thunderbird "smtp.example.com, port 465, SSL/TLS" "Thunderbird 1"
}

evolution() {
    put evolution.sh <<'SH'
/usr/libexec/evolution-source-registry & registry=$!
at="--session --dest org.gnome.evolution.dataserver.Sources5 --object-path /org/gnome/evolution/dataserver/SourceManager"
for _ in $(seq 100); do gdbus introspect $at >/dev/null && break; sleep 0.1; done
gdbus call $at --method org.gnome.evolution.dataserver.SourceManager.CreateSources "{
 'box': '[Data Source]\nDisplayName=Work\nEnabled=true\n[Mail Account]\nBackendName=imapx\nIdentityUid=id\n',
 'id': '[Data Source]\nDisplayName=Work\nEnabled=true\nParent=box\n[Mail Identity]\nAddress=anna@example.com\n[Mail Submission]\nTransportUid=way\n',
 'way': '[Data Source]\nDisplayName=Work\nEnabled=true\nParent=box\n[Mail Transport]\nBackendName=smtp\n[Authentication]\nHost=smtp.example.com\nMethod=PLAIN\nPort=587\nUser=anna\n[Security]\nMethod=starttls-on-standard-port\n'}"
for _ in $(seq 50); do [ -e .config/evolution/sources/way.source ] && break; sleep 0.1; done
kill $registry
SH
    as_user dbus-run-session -- sh evolution.sh >/dev/null 2>&1 || true
    stored evolution "smtp.example.com, port 587, STARTTLS" "Evolution"
}

claws() {
    as_user mkdir -p .claws-mail Mail/inbox Mail/sent Mail/draft Mail/queue Mail/trash
    put .claws-mail/accountrc <<'INI'
[Account: 1]
account_name=Work
is_default=1
name=Anna
address=anna@example.com
protocol=0
receive_server=pop.example.com
smtp_server=smtp.example.com
user_id=anna
password=left-by-an-old-version
use_smtp_auth=1
ssl_smtp=2
set_smtpport=1
smtp_port=587
INI
    put .claws-mail/clawsrc <<<'[Common]'
    put .claws-mail/folderlist.xml <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<folderlist><folder type="mh" name="Mail" path="Mail">
<folderitem type="inbox" name="inbox" path="inbox" /><folderitem type="outbox" name="sent" path="sent" />
<folderitem type="draft" name="draft" path="draft" /><folderitem type="queue" name="queue" path="queue" />
<folderitem type="trash" name="trash" path="trash" /></folder></folderlist>
XML
    put claws.sh <<'SH'
Xvfb -displayfd 3 -screen 0 800x600x24 -nolisten tcp 3>display & screen=$!
for _ in $(seq 100); do [ -s display ] && break; sleep 0.1; done
export DISPLAY=:$(cat display)
claws-mail --offline & program=$!
for _ in $(seq 100); do [ -e .claws-mail/passwordstorerc ] && break; sleep 0.1; done
sleep 1
claws-mail --exit
wait $program
kill $screen
SH
    as_user sh claws.sh >/dev/null 2>&1 || true
    # It completes the file with everything that was not in it, and takes the password out.
    ((0 < $(grep -c . "$HOME_THERE/.claws-mail/accountrc") - 50)) || { echo "programs: Claws Mail has written nothing" >&2; exit 1; }
    stored claws "smtp.example.com, port 587, STARTTLS" "Claws Mail"
}

kde() {
    # shellcheck disable=SC2016 # expanded by the shell inside
    as_user sh -c '
        way() { kwriteconfig5 --file mailtransports --group "Transport 7" --key "$@"; }
        way id 7; way identifier SMTP; way host smtp.example.com; way port 465; way encryption SSL; way --type bool auth true; way user "anna müller"
        kwriteconfig5 --file mailtransports --group General --key default-transport 7
        kwriteconfig5 --file emailidentities --group "Identity #0" --key "Email Address" anna@example.com'
    stored kmail "smtp.example.com, port 465, SSL/TLS" "KMail"
}

thunderbird
evolution
claws
kde
