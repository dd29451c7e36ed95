import { expect, test } from 'vitest'
import { Secret } from '../secret'
import { alphaVantage } from './alpha-vantage'
import { anthropic } from './anthropic'
import { bedrock } from './bedrock'
import { google } from './google'
import { catalogue } from './index'
import { polygon } from './polygon'
import { authoriseRequest, bareTarget, fillPath, listOrigins, resolveBaseUrl } from './request'
import { tiingo } from './tiingo'
import { vertex } from './vertex'

const at = new Date('2026-11-21T10:00:00Z')
const key = new Secret('s3cr3t-value')

test('a path never leads out of the base URL of its key', async () => {
  const target = { ...bareTarget, baseUrl: 'https://proxy.example/tenant/v1' }
  const send = (path: string) => authoriseRequest(anthropic, target, { method: 'GET', path }, key, at)
  expect((await send('/v1/messages?a=1')).url).toBe('https://proxy.example/tenant/v1/v1/messages?a=1')
  expect((await send('//evil.example/x')).url).toBe('https://proxy.example/tenant/v1//evil.example/x')
  for (const path of ['@evil.example/', '.evil.example/', ':443@evil.example/', '/../admin', '/%2e%2e/admin', '/x/../../v2', 'x'])
    await expect(send(path), path).rejects.toThrow(TypeError)
  for (const path of ['@evil.example/', '.evil.example/', ':443@evil.example/'])
    await expect(authoriseRequest(anthropic, bareTarget, { method: 'GET', path }, key, at), path).rejects.toThrow('leads out')
})

test('what the provider sets replaces what the caller sent in any case, and no credential of the caller goes on', async () => {
  const headers = { 'X-API-Key': 'mine', Authorization: 'Bearer mine', 'Anthropic-Version': '2024-01-01' }
  const sent = await authoriseRequest(anthropic, bareTarget, { method: 'GET', path: '/v1/models', headers }, key, at)
  expect(sent.headers).toMatchObject({ 'x-api-key': 's3cr3t-value', 'anthropic-version': '2024-01-01' })
  expect(sent.headers['authorization']).toBeUndefined()
  const byQuery = await authoriseRequest(alphaVantage, bareTarget, { method: 'GET', path: '/query?apikey=mine&apikey=too' }, key, at)
  expect(byQuery.url).toBe('https://www.alphavantage.co/query?apikey=s3cr3t-value')
  const path = '/v1beta/models/m:streamGenerateContent?alt=sse&key=mine&access_token=mine'
  const byGoogle = await authoriseRequest(google, bareTarget, { method: 'POST', path }, key, at)
  expect(byGoogle.url).toBe('https://generativelanguage.googleapis.com/v1beta/models/m:streamGenerateContent?alt=sse')
  const byPrefix = await authoriseRequest(tiingo, bareTarget, { method: 'GET', path: '/api/test', headers }, key, at)
  expect(byPrefix.headers['authorization']).toBe('Token s3cr3t-value')
})

test('a key goes to the origins of its provider in its region, and one with a base URL of its own goes there alone', () => {
  const inRegion = { baseUrl: null, region: 'eu-west-1' }
  expect(listOrigins(bedrock, inRegion)).toEqual([
    'https://bedrock-runtime.eu-west-1.amazonaws.com',
    'https://bedrock-runtime-fips.eu-west-1.amazonaws.com',
  ])
  expect(listOrigins(polygon, { baseUrl: null, region: null })).toEqual(['https://api.polygon.io', 'https://api.massive.com'])
  expect(listOrigins(polygon, { baseUrl: 'https://proxy.example/v1', region: null })).toEqual(['https://proxy.example'])
  expect(listOrigins(bedrock, { baseUrl: null, region: null })).toEqual([])
})

test('a region is one label of a name, and global has none', () => {
  for (const region of ['evil.example/', 'us-east-1.evil.example', 'a@b', '', 'US', '#'])
    expect(resolveBaseUrl(bedrock, { baseUrl: null, region }), region).toBeNull()
  expect(resolveBaseUrl(vertex, { baseUrl: null, region: 'global' })).toBe('https://aiplatform.googleapis.com')
  expect(resolveBaseUrl(vertex, { baseUrl: null, region: 'us-central1' })).toBe('https://us-central1-aiplatform.googleapis.com')
})

test('a path is filled with what the key brings, encoded, or not at all', () => {
  const target = { ...bareTarget, region: 'us-central1', upstreamOrganization: 'acme/x' }
  expect(fillPath('/v1/projects/{project}/locations/{region}/models/{model}', target, 'a:b')).toBe(
    '/v1/projects/acme%2Fx/locations/us-central1/models/a%3Ab',
  )
  expect(fillPath('/v1/{project}', bareTarget)).toBeNull()
})

test('every fixed address of the catalogue is https, and its probes and test calls stay below it', async () => {
  const target = { ...bareTarget, region: 'us-east-1', deployment: 'd1', upstreamOrganization: 'p1' }
  for (const provider of catalogue.filter(({ baseUrl }) => baseUrl !== null)) {
    expect(
      listOrigins(provider, target).every((origin) => origin.startsWith('https://')),
      provider.id,
    ).toBe(true)
    for (const call of [provider.probe, provider.testCall].filter((one) => one !== null)) {
      const path = fillPath(call.path, target, 'm1')
      const sent = await authoriseRequest(provider, target, { method: call.method, path: path ?? '' }, key, at)
      expect(sent.url, provider.id).not.toContain('{')
    }
  }
})
