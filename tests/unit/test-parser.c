/* SPDX-License-Identifier: BSD-2-Clause */

#include "daemon/parser.h"
#include "parsing.h"

#include "table.h"

typedef struct Right {
        const char *name;
        const char *input;
        const char *printed;
        const char *warnings;
} Right;

#define SHADOW "permit service=x with=shadow\n"

static const Right right[] = {
        {"nothing", "", "",
                "1:1: warning: there is no rule, so everybody is refused; add a line permit …\n"},
        {"the shortest useful file", "permit service=spice,vnc vm=any with=sasldb as-realm=%v\n",
                "permit service=spice,vnc vm=any with=sasldb as-realm=%v\n", ""},
        {"the order of conditions",
                "permit user=a until=2026-03-31 realm=r vm=v peer=uid:0 from=::1 socket=s "
                "service=x "
                "with=shadow\n",
                "permit service=x socket=s until=2026-03-31 peer=uid:0 vm=v realm=r from=::1 "
                "user=a "
                "with=shadow\n",
                ""},
        {"all options of a permit",
                SHADOW "permit service=x unavailable=temporary on-unavailable=next deadline=1m "
                       "as-realm=%v as=\"%u\" with=shadow,getpwent\n",
                SHADOW "permit service=x with=shadow,getpwent as=%u as-realm=%v deadline=60000ms "
                       "on-unavailable=next unavailable=temporary\n",
                ""},
        {"an empty realm", "permit service=x realm=\"\" with=sasldb as-realm=\"\" user=a\n",
                "permit service=x realm=\"\" user=a with=sasldb as-realm=\"\"\n", ""},
        {"a deny", "deny user=eve reason=\"left the \\\"company\\\"\" unavailable=temporary\n",
                "deny user=eve unavailable=temporary reason=\"left the \\\"company\\\"\"\n", ""},
        {"deny everybody", "deny\n", "deny\n", ""},
        {"listens",
                "listen /run/sasl2/mux mode=0666 allow=uid:postfix,!unit:u*\n"
                "listen \"/a b\" owner=\"Domain User\" group=sasl mode=600 name=\"p,q\" "
                "unavailable=temporary\n"
                "listen /c vm=vmA\nlisten /d vm=\"any\"\n" SHADOW,
                "listen /run/sasl2/mux allow=uid:postfix,!unit:u*\n"
                "listen \"/a b\" owner=\"Domain User\" group=sasl mode=0600 name=\"p,q\" "
                "unavailable=temporary\n"
                "listen /c vm=\"vmA\"\nlisten /d vm=\"any\"\n" SHADOW,
                ""},
        {"backends",
                "backend a sasldb path=/x default-realm=r workers=5 jobs=10000\n"
                "backend b-1 PAM services=spice,imap service=x-%s pin=no workers=1 jobs=2 "
                "deadline=500ms\n"
                "backend sasldb shadow\n" SHADOW,
                "backend a sasldb path=\"/x\" default-realm=\"r\"\n"
                "backend b-1 pam services=\"spice,imap\" service=\"x-%s\" pin=\"no\" workers=1 "
                "jobs=2 deadline=500ms\n"
                "backend sasldb shadow\n" SHADOW,
                ""},
        {"a backend below its use", "permit service=x with=b\nbackend b shadow\n",
                "backend b shadow\npermit service=x with=b\n", ""},
        {"a group below its use", "permit service=@g with=shadow\ngroup g imap,\"a b\",p*\n",
                "group g imap,\"a b\",p*\npermit service=@g with=shadow\n", ""},
        {"a group of peers and units", "group g uid:postfix,unit:a*\ndeny peer=@g\n",
                "group g uid:postfix,unit:a*\ndeny peer=@g\n", ""},
        {"a group for several kinds", "group g a,b\ndeny user=@g realm=!@g vm=@g\n",
                "group g a,b\ndeny vm=@g realm=!@g user=@g\n", ""},
        {"a group of the system", "deny user=@nomail,@\"Domain Users\",@vm-%v\n",
                "deny user=@nomail,@\"Domain Users\",@vm-%v\n", ""},
        {"a group in file and system", "group kvm a\ndeny user=@kvm\ndeny user=!@kvm\n",
                "group kvm a\ndeny user=@kvm\ndeny user=!@kvm\n",
                "1:1: warning: @kvm is a group of this file and one of the system; this one is "
                "meant\n"},
        {"not for other conditions", "group kvm a\ndeny service=@kvm\n",
                "group kvm a\ndeny service=@kvm\n", ""},
        {"identity", "identity socket libvirt\n" SHADOW, "identity libvirt socket\n" SHADOW, ""},
        {"identity by command lines", "identity cmdline uid=postfix,77\n" SHADOW,
                "identity cmdline uid=89,77\n" SHADOW, ""},
        {"an include", "include x/*.conf\n" SHADOW, SHADOW, ""},
        {"a program", "backend x program command=/usr/libexec/mine jobs=5\npermit vm=any with=x\n",
                "backend x program command=\"/usr/libexec/mine\" jobs=5\npermit vm=any with=x\n",
                ""},
        {"a program and a realm",
                "backend x program command=/a\npermit vm=any user=a realm=r with=x\n"
                "permit vm=any user=b@r with=x\n",
                "backend x program command=\"/a\"\npermit vm=any realm=r user=a with=x\n"
                "permit vm=any user=b@r with=x\n",
                ""},
        {"a program's groups",
                "backend x program command=/a\npermit vm=any user=@x:g as-realm=r with=x\n",
                "backend x program command=\"/a\"\npermit vm=any user=@x:g with=x as-realm=r\n",
                ""},
        {"an open permit", "permit user=a with=shadow\n", "permit user=a with=shadow\n",
                "1:1: warning: without vm= and service= this opens every VM's console; add one of "
                "them\n"},
        {"open by exclusion", "permit service=!imap user=a with=shadow\n",
                "permit service=!imap user=a with=shadow\n",
                "1:1: warning: without vm= this opens every VM's console, for service= holds for "
                "spice; add vm=, or !spice to service=\n1:1: warning: without vm= this opens every "
                "VM's console, for service= holds for vnc; add vm=, or !vnc to service=\n"},
        {"open by a pattern", "permit service=* user=a with=shadow\n",
                "permit service=* user=a with=shadow\n",
                "1:1: warning: without vm= this opens every VM's console, for service= holds for "
                "spice; add vm=, or !spice to service=\n1:1: warning: without vm= this opens every "
                "VM's console, for service= holds for vnc; add vm=, or !vnc to service=\n"},
        {"open for one by a pattern", "permit service=sp* user=a with=shadow\n",
                "permit service=sp* user=a with=shadow\n",
                "1:1: warning: without vm= this opens every VM's console, for service= holds for "
                "spice; add vm=, or !spice to service=\n"},
        {"open for the one that is not named", "permit service=spice,v* user=a with=shadow\n",
                "permit service=spice,v* user=a with=shadow\n",
                "1:1: warning: without vm= this opens every VM's console, for service= holds for "
                "vnc; add vm=, or !vnc to service=\n"},
        {"open by the exclusion of one", "permit service=!spice,!imap user=a with=shadow\n",
                "permit service=!spice,!imap user=a with=shadow\n",
                "1:1: warning: without vm= this opens every VM's console, for service= holds for "
                "vnc; add vm=, or !vnc to service=\n"},
        {"open by a group", "group g imap,s*\npermit service=@g user=a with=shadow\n",
                "group g imap,s*\npermit service=@g user=a with=shadow\n",
                "2:1: warning: without vm= this opens every VM's console, for service= holds for "
                "spice; add vm=, or !spice to service=\n"},
        {"open by a group's exclusion", "group g imap,pop\npermit service=!@g user=a with=shadow\n",
                "group g imap,pop\npermit service=!@g user=a with=shadow\n",
                "2:1: warning: without vm= this opens every VM's console, for service= holds for "
                "spice; add vm=, or !spice to service=\n2:1: warning: without vm= this opens every "
                "VM's console, for service= holds for vnc; add vm=, or !vnc to service=\n"},
        {"consoles that are named", "permit service=spice,vnc user=a with=shadow\n",
                "permit service=spice,vnc user=a with=shadow\n", ""},
        {"consoles that a group names", "group g spice,vnc\npermit service=@g user=a with=shadow\n",
                "group g spice,vnc\npermit service=@g user=a with=shadow\n", ""},
        {"no console by exclusion", "permit service=!spice,!vnc user=a with=shadow\n",
                "permit service=!spice,!vnc user=a with=shadow\n", ""},
        {"no console by a pattern", "permit service=i*,*p user=a with=shadow\n",
                "permit service=i*,*p user=a with=shadow\n", ""},
        {"a pattern with vm=", "permit service=* vm=none user=a with=shadow\n",
                "permit service=* vm=none user=a with=shadow\n", ""},
        {"an open deny by a pattern", "deny service=* user=a\n", "deny service=* user=a\n", ""},
        {"an open deny is none", "deny user=a\n", "deny user=a\n", ""},
        {"user= with realm=", "permit vm=any user=a realm=x with=sasldb\n",
                "permit vm=any realm=x user=a with=sasldb\n", ""},
        {"users with realms", "permit vm=any user=a@x,*@y,!b with=sasldb\n",
                "permit vm=any user=a@x,*@y,!b with=sasldb\n", ""},
        {"a group of users with realms", "group g a@x,b@x\npermit vm=any user=@g with=sasldb\n",
                "group g a@x,b@x\npermit vm=any user=@g with=sasldb\n", ""},
        {"user= and no realm-keyed backend", "permit vm=any user=a with=shadow\n",
                "permit vm=any user=a with=shadow\n", ""},
        {"from= with vm=none", "permit vm=none from=::1 with=shadow\n",
                "permit vm=none from=::1 with=shadow\n", ""},
        {"from= with peer=", "permit service=x peer=uid:0 from=::1 with=shadow\n",
                "permit service=x peer=uid:0 from=::1 with=shadow\n", ""},
        {"penalties",
                "penalty none from=10.0.0.0/8 peer=uid:0\npenalty every=500ms after=3 user=@g\n"
                "penalty after=10 every=2s\n" SHADOW "group g a,b\n",
                "group g a,b\npenalty none peer=uid:0 from=10.0.0.0/8\n"
                "penalty after=3 every=500ms user=@g\npenalty\n" SHADOW,
                ""},
        {"the greatest penalty", "penalty after=32 every=1h vm=\"none\"\n" SHADOW,
                "penalty after=32 every=3600000ms vm=\"none\"\n" SHADOW, ""},
        {"a socket at the default's path", "listen /run/sasl2/mux\n" SHADOW,
                "listen /run/sasl2/mux\n" SHADOW, ""},
};

static void test_right(void **state)
{
        const Right *row = *state;
        Bytes input = exact_copy(bytes_from_string(row->input));
        Parsed parsed;
        char *printed;

        parsed_init(&parsed, input);
        assert_string_equal(parsed.complaints, row->warnings);
        assert_int_equal(parsed.errors, 0);
        assert_int_equal(parsed.warnings > 0, row->warnings[0] != '\0');
        printed = parsing_print(&parsed.config);
        assert_string_equal(printed, row->printed);
        free(printed);
        parsed_deinit(&parsed);
        exact_free(&input);
}

typedef struct Wrong {
        const char *name;
        const char *input;
        const char *complaints;
} Wrong;

#define MECHANISMS "sasldb pam ldap shadow getpwent program"
#define SERVICES                                                                                   \
        " cannot stand in services=; write names of files in /etc/pam.d, in lower case, "          \
        "separated "                                                                               \
        "by commas\n"
#define SERVICE    " cannot stand in service=; write a service name in lower case\n"
#define CONDITIONS "service, realm, vm, user, from, peer, socket, until, "

static const Wrong wrong[] = {
        {"an unknown keyword", "lisen /x\n",
                "1:1: unknown keyword \"lisen\"; did you mean listen?\n"},
        {"another", "quota 7\n",
                "1:1: unknown keyword \"quota\"; there are: listen, backend, group, identity, "
                "permit, "
                "deny, penalty, include\n"},
        {"a keyword in quotes", "\"deny\"\n",
                "1:1: unknown keyword \"deny\"; did you mean deny?\n"},
        {"a keyword in capitals", "Permit\n",
                "1:1: unknown keyword \"Permit\"; did you mean permit?\n"},
        {"an unknown option", "permit sevice=x with=shadow\n",
                "1:8: unknown option \"sevice\"; did you mean service=?\n"},
        {"one of another version", "permit service=x with=shadow quota=8h penalty=no\n",
                "1:30: unknown option \"quota\"; there are: " CONDITIONS
                "with, as, as-realm, deadline, cache, stale, on-unavailable, unavailable, reason\n"
                "1:39: unknown option \"penalty\"; there are: " CONDITIONS
                "with, as, as-realm, deadline, cache, stale, on-unavailable, unavailable, "
                "reason\n"},
        {"a name without a key", "deny =x\n",
                "1:6: unknown option \"\"; there are: " CONDITIONS
                "reason, unavailable, with, as, as-realm, deadline, cache, stale, "
                "on-unavailable\n"},
        {"a word too many", "deny user=a b \"c=d\"\n",
                "1:13: \"b\" is one word too many; an option is KEY=VALUE\n"
                "1:15: \"c=d\" is one word too many; an option is KEY=VALUE\n"},
        {"an option in quotes", "deny \"user\"=a\n",
                "1:12: a quote ends a word; put a blank or a comma behind it\n"},
        {"an option twice", "deny user=a service=x user=b\n",
                "1:23: user= is given twice; write it once\n"},
        {"several errors", "deny user= vm=@ service=%u\n",
                "1:11: a value is missing; write \"\" for the empty one\n"
                "1:15: a group's name is missing; write it behind the @\n"
                "1:25: \"%u\" means nothing here; write %v for the VM's name, %i for its UUID, %% "
                "for "
                "a percent sign, or put the word in quotes\n"},

        {"listen nowhere", "listen\n",
                "1:1: listen does not say where; write listen PATH [OPTION…]\n"},
        {"a relative socket", "listen mux\n",
                "1:8: \"mux\" is no absolute path; begin it with \"/\"\n"},
        {"an empty path", "listen \"\"\n", "1:8: a value is missing; write one here\n"},
        {"a long path",
                "listen "
                "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
                "1:8: too long for a socket's path; write at most 107 bytes\n"},
        {"no such owner", "listen /x owner=nobody2 group=nogroup2\n",
                "1:17: no user \"nobody2\" on this machine; create it, or name another\n"
                "1:31: no group \"nogroup2\" on this machine; create it, or name another\n"},
        {"no mode", "listen /x mode=0888\n",
                "1:16: \"0888\" is no mode; write an octal one, as 0660\n"},
        {"a mode too large", "listen /x mode=4755\n",
                "1:16: \"4755\" is no mode; write an octal one, as 0660\n"},
        {"a mode in letters", "listen /x mode=u+w\n",
                "1:16: \"u+w\" is no mode; write an octal one, as 0660\n"},
        {"a socket for VMs", "listen /x vm=win*\n",
                "1:14: a socket stands for one VM; write its name, in quotes if it is like "
                "\"win*\"\n"},
        {"a socket for any", "listen /x vm=any\n",
                "1:14: a socket stands for one VM; write its name, in quotes if it is like "
                "\"any\"\n"},
        {"a group in allow=", "group g uid:0\nlisten /x allow=uid:0,@g\n",
                "2:23: no group can stand in allow=; write uid:USER or unit:PATTERN\n"},
        {"a partly quoted value", "listen /x name=a\"b\" vm=\"a\",b\n",
                "1:16: only a part of this is in quotes; put the whole value in them\n"
                "1:24: only a part of this is in quotes; put the whole value in them\n"},
        {"another keyword", "listen /x unavailable=no\n",
                "1:23: unavailable= can only be one word; write unavailable=temporary\n"},
        {"a keyword as a literal", "permit service=x with=shadow on-unavailable=\"next\"\n",
                "1:45: on-unavailable= can only be one word; write on-unavailable=next\n"},
        {"the same path", SHADOW "listen /x\nlisten /y\nlisten /x name=b\n",
                "4:1: this path is that of another listen, at f:2; write one line\n"},
        {"the same name", SHADOW "listen /x name=a\nlisten /y name=a\n",
                "3:1: this name= is that of another listen, at f:2; write another name\n"},
        {"a socket that counts for nothing", SHADOW "identity libvirt\nlisten /x vm=a\n",
                "3:1: vm= counts only if identity names socket; add socket there, at f:2\n"},

        {"half a backend", "backend x\n",
                "1:1: backend needs a name and a type; write backend NAME TYPE [OPTION…]\n"},
        {"no such type", "backend x krb5\npermit service=x with=x\n",
                "1:11: no type of backend \"krb5\"; there are: " MECHANISMS "\n"},
        {"an internal type", "backend x resolve\n",
                "1:11: no type of backend \"resolve\"; there are: " MECHANISMS "\n"},
        {"no name", "backend a,b shadow\n",
                "1:9: \"a,b\" is no name; write letters, digits, _ . - only\n"},
        {"a backend twice", "backend x shadow\nbackend x sasldb\n",
                "2:9: backend x is there already, at f:1; give this one another name\n"},
        {"another's option", "backend x shadow path=/x\n",
                "1:18: unknown option \"path\"; there are: workers, jobs, deadline\n"},
        {"options of a backend", "backend x sasldb realm=x\n",
                "1:18: unknown option \"realm\"; there are: path, default-realm, workers, jobs, "
                "deadline\n"},
        {"a wrong value", "backend x sasldb path=x workers=0 jobs=x deadline=3\n",
                "1:23: \"x\" cannot stand in path=; write an absolute path\n"
                "1:33: \"0\" cannot stand here; write a number from 1 to 1024\n"
                "1:40: \"x\" cannot stand here; write a number from 1 to 1000000\n"
                "1:51: \"3\" is no duration; write a number with its unit, as 500ms, 5s or 10m\n"},
        {"large numbers", "backend x shadow workers=18446744073709551617 jobs=-1\n",
                "1:26: \"18446744073709551617\" cannot stand here; write a number from 1 to 1024\n"
                "1:52: \"-1\" cannot stand here; write a number from 1 to 1000000\n"},
        {"pam for everything", "backend x pam\n",
                "1:1: backend x does not say services=; write backend x pam services=imap,smtp\n"},
        {"pam by its own name", "permit service=x with=shadow,pam\npermit service=y with=pam\n",
                "1:30: backend pam does not say services=; write backend pam pam "
                "services=imap,smtp\n"},
        {"a program that is not named", "backend x program\n",
                "1:1: backend x does not say command=; write backend x program "
                "command=/usr/libexec/mine\n"},
        {"a program by its type's name", "permit service=x with=program\n",
                "1:23: backend program does not say command=; write backend program program "
                "command=/usr/libexec/mine\n"},
        {"a program by no path", "backend x program command=mine\n",
                "1:27: \"mine\" cannot stand in command=; write an absolute path\n"},
        {"a program with another option", "backend x program command=/a path=/b\n",
                "1:30: unknown option \"path\"; there are: command, workers, jobs, deadline\n"},
        {"a program that anybody may change", "backend x program command=/usr/libexec/open\n",
                "1:1: the program /usr/libexec/open can be written by others; chmod go-w it\n"},
        {"a program and nobody's realm",
                "backend x program command=/a\npermit vm=any user=a with=x\n",
                "2:1: user= has no realm, but in x alice@a and alice@b may be two people; add "
                "realm= or as-realm=, or write user=alice@REALM\n"},
        {"services outside", "backend x pam services=../smtp service=%u pin=maybe\n",
                "1:24: \"../smtp\" cannot stand in services=; write names of files in /etc/pam.d, "
                "in "
                "lower case, separated by commas\n"
                "1:40: \"%u\" cannot stand in service=; write a service name, with at most one %s "
                "for "
                "the service that is asked for\n"
                "1:47: \"maybe\" cannot stand in pin=; write yes or no\n"},
        {"services that no worker asks for",
                "backend a pam services=a..b\nbackend b pam services=x,.x\n"
                "backend c pam services=x service=x..%s\nbackend d pam services=x service=.%s\n"
                "backend e pam services=x service=%s..x\nbackend f pam services=x, service=x.%s\n",
                "1:24: \"a..b\"" SERVICES "2:24: \"x,.x\"" SERVICES "3:34: \"x..%s\"" SERVICE
                "4:34: \".%s\"" SERVICE "5:34: \"%s..x\"" SERVICE "6:24: \"x,\"" SERVICES},

        {"a group of nothing", "group\n",
                "1:1: group needs a name and words; write group NAME WORD,WORD…\n"},
        {"a group without words", "group g\ndeny service=@g\n",
                "1:1: group g has no words; write group g WORD,WORD…\n"},
        {"a group with blanks", "group g a b\ndeny service=@g\n",
                "1:11: one word too many; put commas without blanks between a group's words\n"},
        {"a group in a group", "group g a,@h,!b,,c\"d\"\n",
                "1:11: a group holds neither groups nor exclusions; write plain words\n"
                "1:14: a group holds neither groups nor exclusions; write plain words\n"
                "1:17: a word is missing; write \"\" for the empty one\n"
                "1:18: only a part of this is in quotes; put the whole word in them\n"},
        {"a group twice", "group g a\ngroup g b\n",
                "2:7: group g is there already, at f:1; put all words into one line\n"},
        {"no such group", "group mail imap\ndeny service=smtp,@mial,!@x\n",
                "2:19: no group \"mial\" in this file; did you mean @mail?\n"
                "2:25: no group \"x\" in this file; write a line group x WORD,WORD…\n"},
        {"a group that does not fit",
                "group g imap\ndeny service=@g\ndeny peer=@g\ndeny peer=uid:0,@g user=@g\n",
                "1:1: peer=@g at f:3 cannot use \"imap\": \"imap\" does not say what it is; write "
                "uid:USER or unit:PATTERN\n"},
        {"a group whose second word does not fit",
                "group g ::1,x\npermit service=y vm=none from=@g "
                "user=@g with=sasldb as-realm=z\n",
                "1:1: from=@g at f:2 cannot use \"x\": no address or network: write it as "
                "192.0.2.1, "
                "10.0.0.0/8 or 2001:db8::/32\n"},
        {"a token in a group", "group g a,%u\npermit vm=any user=@g with=sasldb\n",
                "1:1: user=@g at f:2 cannot use \"%u\": \"%u\" means nothing here; write %v for "
                "the "
                "VM's name, %i for its UUID, %% for a percent sign, or put the word in quotes\n"},

        {"identity of nobody", "identity\n",
                "1:1: identity does not say who is believed; write some of libvirt machined socket "
                "cmdline\n"},
        {"no such source", "identity libvirt,machined dbus\n",
                "1:10: \"libvirt,machined\" cannot say who asks; write some of libvirt machined "
                "socket "
                "cmdline, with blanks between them\n"
                "1:27: \"dbus\" cannot say who asks; write some of libvirt machined socket "
                "cmdline, "
                "with blanks between them\n"},
        {"a source twice", "identity libvirt libvirt\n",
                "1:18: this source is named twice; write it once\n"},
        {"command lines of nobody", "identity cmdline\n",
                "1:1: cmdline and uid= go together; write cmdline uid=USER for those whose command "
                "lines are believed\n"},
        {"whose command lines", "identity libvirt uid=0\n",
                "1:1: cmdline and uid= go together; write cmdline uid=USER for those whose command "
                "lines are believed\n"},
        {"no such user", "identity cmdline uid=qemu,0\n",
                "1:22: no user \"qemu\" on this machine; create it, or write its number\n"},
        {"a source behind an option", "identity cmdline uid=0 libvirt\n",
                "1:24: \"libvirt\" is one word too many; an option is KEY=VALUE\n"},
        {"identity twice", "identity libvirt\n\nidentity libvirt\n",
                "3:1: identity is there already, at f:1; write one line\n"},
        {"include nothing", "include\ninclude a b\ninclude \"\"\n",
                "1:1: include takes one path or pattern; write include PATTERN\n"
                "2:1: include takes one path or pattern; write include PATTERN\n"
                "3:9: a value is missing; write one here\n"},

        {"a permit without with=", "permit service=x\n",
                "1:1: permit does not say who checks the password; add with=BACKEND\n"},
        {"a deny with with=", "deny with=shadow as=x deadline=1s\n",
                "1:11: deny asks no backend; leave with= out, or write permit\n"
                "1:21: deny asks no backend; leave as= out, or write permit\n"
                "1:32: deny asks no backend; leave deadline= out, or write permit\n"},
        {"deny that remembers", "deny user=a cache=5s stale=8h\n",
                "1:19: deny asks no backend; leave cache= out, or write permit\n"
                "1:28: deny asks no backend; leave stale= out, or write permit\n"},
        {"to remember for ever",
                "permit service=x with=shadow stale=8 stale=1h\n"
                "backend x shadow stale=1h\n",
                "1:36: \"8\" is no duration; write a number with its unit, as 500ms, 5s or 10m\n"
                "1:38: stale= is given twice; write it once\n"
                "2:18: unknown option \"stale\"; there are: workers, jobs, deadline\n"},
        {"a permit with reason=", "permit service=x with=shadow reason=y\n",
                "1:37: reason= belongs to deny; leave it out, or write deny\n"},
        {"no such backend", "backend corp shadow\npermit service=x with=crop,shadwo,nosuch\n",
                "2:23: no backend \"crop\"; did you mean corp? Else write a line backend crop "
                "TYPE\n"
                "2:28: no backend \"shadwo\"; did you mean shadow? Else write a line backend "
                "shadwo "
                "TYPE\n"
                "2:35: no backend \"nosuch\"; write a line backend nosuch TYPE, or name one "
                "of: " MECHANISMS "\n"},
        {"a backend in capitals", "permit service=x with=SHADOW\n",
                "1:23: no backend \"SHADOW\"; write a line backend SHADOW TYPE, or name one "
                "of: " MECHANISMS "\n"},
        {"a backend twice in a chain", "permit service=x with=shadow,getpwent,shadow\n",
                "1:39: backend shadow is named twice; write it once\n"},
        {"an empty chain", "permit service=x with=shadow,\n",
                "1:30: a value is missing; write one here\n"},
        {"no token", "permit service=x with=shadow as=%x as-realm=\"%é\"\ndeny reason=100%\n",
                "1:33: \"%x\" is no token; there are %u %r %R %s %h %v %i, and %% for a percent "
                "sign\n"
                "1:45: \"%é\" is no token; there are %u %r %R %s %h %v %i, and %% for a percent "
                "sign\n"
                "2:13: \"%\" is no token; there are %u %r %R %s %h %v %i, and %% for a percent "
                "sign\n"},
        {"an empty name", "permit service=x with=shadow as= as-realm=\n",
                "1:33: a value is missing; write one here\n"
                "1:43: a value is missing; write one here\n"},
        {"two days", "deny until=2026-03-31,2026-04-01\n",
                "1:12: until= takes one day; write the last one\n"},
        {"user= without a realm", "permit vm=any user=alice with=shadow,sasldb\n",
                "1:1: user= has no realm, but in sasldb alice@a and alice@b are two people; add "
                "realm= "
                "or as-realm=, or write user=alice@REALM\n"},
        {"one user without a realm", "backend x sasldb\npermit vm=any user=a@x,b with=x\n",
                "2:1: user= has no realm, but in x alice@a and alice@b are two people; add realm= "
                "or "
                "as-realm=, or write user=alice@REALM\n"},
        {"a group without a realm", "group g a@x,b\npermit vm=any user=@g with=sasldb\n",
                "2:1: user= has no realm, but in sasldb alice@a and alice@b are two people; add "
                "realm= "
                "or as-realm=, or write user=alice@REALM\n"},
        {"everybody else without a realm", "permit vm=any user=!eve@x with=sasldb\n",
                "1:1: user= has no realm, but in sasldb alice@a and alice@b are two people; add "
                "realm= "
                "or as-realm=, or write user=alice@REALM\n"},
        {"from= and anybody", "deny from=10.0.0.0/8\n",
                "1:1: from= believes what the asking process says; add vm=none or peer= to say "
                "which "
                "processes are believed\n"},
        {"from= and VMs", "permit vm=none,a from=::1 with=shadow\n",
                "1:1: from= believes what the asking process says; add vm=none or peer= to say "
                "which "
                "processes are believed\n"},
        {"from= and everybody else", "deny peer=!uid:0 from=::1\ndeny vm=!none from=::1\n",
                "1:1: from= believes what the asking process says; add vm=none or peer= to say "
                "which "
                "processes are believed\n"
                "2:1: from= believes what the asking process says; add vm=none or peer= to say "
                "which "
                "processes are believed\n"},

        {"penalties that are none", "penalty after=0 every=0s\npenalty after=33 every=61m\n",
                "1:15: \"0\" cannot stand here; write a number from 1 to 32\n"
                "1:23: \"0s\" is no duration; write a number with its unit, as 500ms, 5s or 10m\n"
                "2:15: \"33\" cannot stand here; write a number from 1 to 32\n"
                "2:24: wrong passwords are forgotten after an hour; write at most 1h\n"},
        {"a limit of none", "penalty none after=3 every=1s\n",
                "1:20: penalty none has no limits; leave after= out, or leave none out\n"
                "1:28: penalty none has no limits; leave every= out, or leave none out\n"},
        {"a penalty with a rule's options", "penalty with=shadow\npenalty vm=any none\n",
                "1:9: unknown option \"with\"; there are: " CONDITIONS "after, every\n"
                "2:16: \"none\" is one word too many; an option is KEY=VALUE\n"},
        {"a penalty by addresses", "penalty none from=10.0.0.0/8\n",
                "1:1: from= believes what the asking process says; add vm=none or peer= to say "
                "which "
                "processes are believed\n"},
        {"a penalty by the system's groups",
                "backend corp ldap\npenalty user=a,@kvm\npenalty none user=!@corp:x\n",
                "2:1: penalty cannot look up groups of the system or of a backend; write "
                "users, or a line group NAME USER,USER…\n"
                "3:1: penalty cannot look up groups of the system or of a backend; write "
                "users, or a line group NAME USER,USER…\n"},
        {"a penalty by no group", "penalty vm=@nosuch\n",
                "1:12: no group \"nosuch\" in this file; write a line group nosuch WORD,WORD…\n"},

        {"what only seems unknown", "gruop g a\nbackand b shadow\npermit service=@g with=b\n",
                "1:1: unknown keyword \"gruop\"; did you mean group?\n"
                "2:1: unknown keyword \"backand\"; did you mean backend?\n"},
        {"what was cut off", "group g \"a\npermit service=@g with=shadow\n",
                "1:9: this quote is not closed; close it in its line\n"},
        {"cut short", "deny\npermit service=x with=sha",
                "2:26: the file ends within a line and may be cut short; end it with a newline\n"},
        {"a NUL", "deny\n\x01\n", "2:1: a control character; remove it\n"},
};

static void test_wrong(void **state)
{
        const Wrong *row = *state;
        Bytes input = exact_copy(bytes_from_string(row->input));
        Parsed parsed;

        parsed_init(&parsed, input);
        assert_string_equal(parsed.complaints, row->complaints);
        assert_true(parsed.errors > 0);
        parsed_deinit(&parsed);
        exact_free(&input);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_right, ROWS(right));
        table_add_rows(&table, test_wrong, ROWS(wrong));
        return table_run(&table, "parser");
}
