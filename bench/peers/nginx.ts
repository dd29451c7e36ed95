import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { awaitReady, findFreePort, type MissingPeer, type Peer, spawnPeer, stopPeer } from './peer'

/** One process that does nothing but pass requests on, each place of the provider under a path of its own. */
export async function startNginx(baseUrls: readonly string[]): Promise<Peer | MissingPeer> {
  if (spawnSync('nginx', ['-v']).error) return { reason: 'no nginx is installed on this machine' }
  const directory = mkdtempSync(join(tmpdir(), 'keylease-bench-nginx-'))
  const port = await findFreePort()
  const configuration = join(directory, 'nginx.conf')
  writeFileSync(configuration, toConfiguration(port, baseUrls))
  const child = spawnPeer('nginx', ['-p', directory, '-c', configuration, '-e', 'stderr'])
  const stop = async () => {
    await stopPeer(child)
    rmSync(directory, { recursive: true, force: true })
  }
  const missing = await awaitReady(child, `http://127.0.0.1:${port}/`)
  if (missing) {
    await stop()
    return missing
  }
  return {
    pid: child.pid ?? 0,
    toOptions: (baseUrl) => ({ baseURL: `http://127.0.0.1:${port}/${baseUrls.indexOf(baseUrl)}`, apiKey: 'bench' }),
    stop,
  }
}

const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

/** Without a master: a killed one would leave its workers. */
const toConfiguration = (port: number, baseUrls: readonly string[]): string => `
daemon off;
master_process off;
pid nginx.pid;
events { worker_connections 256; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${name};`).join(' ')}
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_buffering off;
  keepalive_requests 1000000;
  ${baseUrls.map((baseUrl, at) => `upstream place_${at} { server ${new URL(baseUrl).host}; keepalive 16; keepalive_requests 1000000; }`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    ${baseUrls.map((baseUrl, at) => `location /${at}/ { proxy_pass http://place_${at}${new URL(baseUrl).pathname}/; }`).join('\n    ')}
  }
}
`
