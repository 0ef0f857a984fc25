# SPDX-License-Identifier: BSD-2-Clause
# Sourced by ./try and ./check: what building and testing need, and getting it on Debian.

build_packages="gcc libc6-dev meson ninja-build pkg-config libsasl2-dev libsystemd-dev libpam0g-dev libcrypt-dev libldap-dev libssl-dev libjson-c-dev libseccomp-dev libdb-dev uthash-dev scdoc"
try_packages="$build_packages sasl2-bin libsasl2-modules-db"
try_qemu_packages="qemu-system-x86 openssl python3 python3-gi gir1.2-spiceclientglib-2.0 libsasl2-modules"
check_packages="$try_packages libcmocka-dev libgdbm-dev libpam-modules python3 python3-pytest python3-pytest-xdist python3-pytest-timeout
        python3-pytest-rerunfailures python3-prometheus-client clang clang-format clang-tidy gcovr libclang-rt-14-dev lld llvm valgrind strace libc6-dbg procps util-linux systemd man-db zsh"
# Real mail servers. They start by themselves when they are installed, and displace other mail servers:
# .ci/run installs them, ./check leaves that to whoever wants it, and says which tests it skipped.
mail_packages="postfix cyrus-imapd libsasl2-modules"
# A real directory. slapd, too, starts by itself.
ldap_packages="slapd ldap-utils openssl libsasl2-modules"
# Real VMs. libvirtd, too, starts by itself, and with it a network bridge.
vm_packages="$try_qemu_packages libvirt-daemon-system libvirt-clients systemd-container dbus"
# What reads the log. fail2ban, too, starts by itself.
log_packages="fail2ban python3-systemd"
# What packaging/build-deb takes.
package_packages="$build_packages dpkg-dev debhelper git lintian xz-utils"
# What packaging/build-rpm takes on Debian.
rpm_packages="$build_packages rpm git xz-utils libgdbm-dev"
# What compiles the profiles for AppArmor and SELinux. Where the kernel has the former, its service starts, too.
profile_packages="apparmor selinux-policy-dev"

missing_packages() {
        local package
        for package in "$@"; do
                dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q ' installed$' || echo "$package"
        done
}

# need_packages PACKAGE...: installs what is missing if we are root, else says how and ends.
need_packages() {
        local missing
        if ! command -v dpkg-query >/dev/null; then
                cat >&2 <<TEXT
This script knows the package names of Debian 12 and its relatives only, and here is
$(sed -n 's/^PRETTY_NAME=//p' /etc/os-release 2>/dev/null || echo another system). Install by hand what these Debian packages hold, then build with
meson (see README.md, "Building"):
$(printf '%s\n' "$@" | sed 's/^/    /')
TEXT
                exit 1
        fi
        missing=$(missing_packages "$@" | tr '\n' ' ')
        [ -n "$missing" ] || return 0
        if [ "$(id -u)" != 0 ]; then
                printf 'Some packages are missing. Install them and try again:\n\n    sudo apt-get install --no-install-recommends %s\n' "$missing" >&2
                exit 1
        fi
        echo "Installing: $missing"
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } \
                >/tmp/saslward-apt.$$ 2>&1 || { tail -20 /tmp/saslward-apt.$$ >&2; rm -f /tmp/saslward-apt.$$; echo "Installing failed." >&2; exit 1; }
        rm -f /tmp/saslward-apt.$$
}
