import ipaddr from 'ipaddr.js'

const addresses = [
  '127.0.0.1',
  '127.1.2.3',
  '0.0.0.0',
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.254',
  '192.168.1.1',
  '169.254.169.254',
  '169.254.170.2',
  '100.64.0.1',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  '192.0.2.1',
  '198.18.0.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
]
const hosts = [
  ...['localhost', 'LOCALHOST', 'localhost.', 'a.localhost', 'localhost.localdomain', 'ip6-localhost', 'loopback', 'router', 'kubernetes'],
  ...[
    'metadata',
    'metadata.google.internal',
    'METADATA.google.internal',
    'metadata.google.internal.',
    'instance-data',
    'metadata.tencentyun.com',
  ],
  ...['db.internal', 'nas.local', 'printer.lan', 'kubernetes.default.svc', 'x.svc.cluster.local', 'gate.home.arpa', 'x.corp', 'x.intranet'],
  ...['[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[::0001]', '[fe80::1]', '[fe80::1%25eth0]', '[fe80::1%eth0]', '[fec0::1]', '[ff02::1]'],
  ...[
    '[fc00::1]',
    '[fd12:3456::1]',
    '[fd00:ec2::254]',
    '[fd20:ce::254]',
    '[2001:db8::1]',
    '[2001:10::1]',
    '[3fff::1]',
    '[100::1]',
    '[5f00::1]',
  ],
  ...[
    'ⓛocalhost',
    'localhoſt',
    'loc\u00adalhost',
    '%6c%6f%63%61%6c%68%6f%73%74',
    '127.0.0.1%00.example.com',
    'example..com',
    '.example.com',
    '-.com',
  ],
  ...['1', '0', '0x0', '017700000001.', '127.0.0.1.', '127..1', '999.1.1.1', '1.2.3.4.5', '0x7f.1', '١٢٧.0.0.1'],
]
const urls = [
  ...[
    'file:///etc/passwd',
    'gopher://127.0.0.1:70/x',
    'ftp://127.0.0.1/',
    'data:text/plain,x',
    'javascript:1',
    'ws://127.0.0.1/',
    'unix:///x',
  ],
  ...['', ' ', 'https://', 'https:///x', 'https:127.0.0.1', 'https:/127.0.0.1', '//127.0.0.1', '127.0.0.1', '/path', 'http:localhost'],
  ...['https://user@example.com/', 'https://user:pass@example.com/', 'https://@example.com/', 'https://example.com@127.0.0.1/'],
  ...['https://127.0.0.1\\@example.com/', 'https://example.com\\@127.0.0.1/', 'https:\\\\127.0.0.1', 'https://example.com#@127.0.0.1/'],
  ...[
    'https://127.0.0.1#@example.com',
    'https://127.0.0.1?@example.com',
    'https://example.com:80@127.0.0.1/',
    'https://a:b@c:d@127.0.0.1/',
  ],
  ...[
    'https://example.com/\r\nHost: 127.0.0.1',
    'https://exa\nmple.com/',
    'https://example.com\t/',
    ' https://example.com/',
    'https://example.com/ ',
  ],
  ...[
    'https://example.com:99999/',
    'https://example.com:-1/',
    'https://example.com:x/',
    'https://[::1',
    'https://[127.0.0.1]/',
    `https://${'a'.repeat(3_000)}.com/`,
  ],
]

/** More than four hundred ways to name an address that is not public, or to hide one. `port` is where the test listens. */
export function createUrlPayloads(port: number): string[] {
  const spelled = [...addresses.flatMap(spellings), ...hosts]
  return [...urls, ...spelled.flatMap((host) => [`https://${host}:${port}/v1`, `http://${host}:${port}/`])]
}

function spellings(address: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
  const number = ((a * 256 + b) * 256 + c) * 256 + d
  const groups = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  const hex = (value: number) => `0x${value.toString(16)}`
  const octal = (value: number) => `0${value.toString(8)}`
  return [
    address,
    `${address}.`,
    String(number),
    hex(number),
    octal(number),
    [a, b, c, d].map(hex).join('.'),
    [a, b, c, d].map(octal).join('.'),
    [a, b, c, d].map((part) => String(part).padStart(4, '0')).join('.'),
    `${a}.${b}.${c * 256 + d}`,
    `${a}.${(b * 256 + c) * 256 + d}`,
    address.replaceAll('.', '。'),
    address.replaceAll('.', '%2e'),
    address.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
    `[::ffff:${address}]`,
    `[::ffff:${groups}]`,
    `[::ffff:0:${groups}]`,
    `[::${groups}]`,
    `[64:ff9b::${groups}]`,
    `[64:ff9b:1::${groups}]`,
    `[2002:${groups}::1]`,
    `[2001:0:${groups}::1]`,
    `[${ipaddr.IPv4.parse(address).toIPv4MappedAddress().toNormalizedString()}]`,
  ]
}
