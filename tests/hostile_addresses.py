"""Addresses that try to get us where we must not go, by every trick that is known; `{port}` is that of a listener."""


def words(text: str) -> list[str]:
    """What stands between white space."""
    return text.split()


_SCHEMES = words("""
    http://example.com/ file:///etc/passwd file://localhost/etc/passwd ftp://example.com/a
    gopher://127.0.0.1:{port}/_GET
    dict://127.0.0.1:{port}/info ldap://127.0.0.1:{port}/ tftp://127.0.0.1/a jar:https://example.com!/
    data:image/png,AAAA
    javascript:alert(1) ws://example.com/ //example.com/a /a.jpg example.com/a.jpg https:/example.com/a
    https:example.com
    https:///etc/passwd https:// unix:/var/run/docker.sock http+unix://%2Ftmp%2Fsocket/ netdoc:///etc/passwd
""")
_NUMBERS = words("""
    https://127.0.0.1:{port}/ https://127.0.0.1/ https://127.1:{port}/ https://127.0.1/ https://0:{port}/ https://0.0.0.0/
    https://2130706433:{port}/ https://0x7f000001:{port}/ https://0x7f.0x0.0x0.0x1/ https://0x7f.1/ https://017700000001/
    https://0177.0.0.1/ https://0177.0.0.01/ https://127.000.000.001/ https://00000000177.0.0.1/ https://10.0.0.1/
    https://169.254.169.254/latest/meta-data/ https://2852039166/ https://0xA9FEA9FE/ https://192.168.0.1/
    https://172.16.0.1/ https://100.100.100.200/ https://168.63.129.16/ https://8.8.8.8/ https://127.0.0.1./
    https://[::1]:{port}/ https://[::]/ https://[::ffff:127.0.0.1]:{port}/ https://[::ffff:7f00:1]/
    https://[fe80::1%25eth0]/
    https://[0:0:0:0:0:0:0:1]/ https://[64:ff9b::7f00:1]/ https://[2002:7f00:1::]/ https://[fd00:ec2::254]/
    https://[::127.0.0.1]/ https://[v1.a]/ https://[::1 https://::1]/ https://1.2.3.4.5/ https://example.0x7f/
""")
_NAMES = words("""
    https://localhost:{port}/ https://localhost/ https://LOCALHOST/ https://localhost./ https://a.localhost/
    https://intranet/
    https://printer.local/ https://metadata.google.internal/ https://1.0.0.127.in-addr.arpa/ https://hidden.onion/
    https://example.com./ https://example..com/ https://.example.com/ https://-a.example.com/ https://a-.example.com/
    https://ex%61mple.com/ https://127%2e0%2e0%2e1/ https://example.com%00.evil.example/ https://example.c/
""")
_READINGS = words("""
    https://user@example.com/ https://user:secret@example.com/ https://example.com@127.0.0.1:{port}/ https://@example.com/
    https://127.0.0.1:{port}#@example.com/ https://127.0.0.1:{port}\\@example.com/ https://example.com\\@127.0.0.1/
    https://example.com:{port}/ https://example.com:22/ https://example.com:80/ https://example.com:0/ https://example.com:/
    https://example.com:99999/ https://example.com:-1/ https://example.com:4a3/ https:\\\\example.com/
    https://exa<mple.com/
    https://example.com;127.0.0.1/ https://example.com,127.0.0.1/ https://*.example.com/ https://!example.com/
""")
_ODD_LETTERS = [
    "https://example.com /",
    " https://example.com/",
    "https://example.com/a b",
    "https://example.com/\r\nHost: 127.0.0.1",
    "https://example.com/\n",
    "https://exam\tple.com/",
    "https://example.com/\x00",
    "https://127。0。0。1/",
    "https://127.0.0.1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://localho\u017ft/",
    "https://exämple.com/",
    "https://example\u2024com/",
    "https://example.com\u200b/",
    "https://example.com\u2215@127.0.0.1/",
    "",
]

HOSTILE = [*_SCHEMES, *_NUMBERS, *_NAMES, *_READINGS, *_ODD_LETTERS]
