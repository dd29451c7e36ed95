import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { OpenStream } from '../leases/connection'

/** By node:http, because its socket alone can be told not to keep the process alive. */
export const openNodeStream: OpenStream = (url, headers, on) => {
  const send = url.startsWith('https:') ? requestHttps : requestHttp
  let isEnded = false
  const end = (refusal?: number) => {
    if (isEnded) return
    isEnded = true
    on.end(refusal)
  }
  const request = send(url, { headers, agent: false }, (response) => {
    if (response.statusCode !== 200) {
      end(response.statusCode)
      return void request.destroy()
    }
    response.setEncoding('utf8')
    response.on('data', on.text)
    response.on('close', () => end())
    response.on('error', () => end())
  })
  request.on('socket', (socket) => socket.unref())
  request.on('error', () => end())
  request.on('close', () => end())
  request.end()
  return { close: () => void request.destroy() }
}
