import { defineConfig } from '@playwright/test'
import { type Browser, browserFlags } from './browser'

// The setup finds the browser and starts the product; the workers read this file again afterwards.
const browser = JSON.parse(process.env['KEYLEASE_E2E_BROWSER'] ?? '{}') as Partial<Browser>
const url = process.env['KEYLEASE_E2E_URL']

export default defineConfig({
  testDir: '.',
  outputDir: '../../test-results',
  globalSetup: './setup.ts',
  fullyParallel: true,
  workers: 2,
  forbidOnly: true,
  reporter: 'list',
  timeout: 120_000,
  expect: { timeout: 15_000 },
  use: {
    ...(url && { baseURL: url }),
    browserName: 'chromium',
    permissions: ['clipboard-read', 'clipboard-write'],
    launchOptions: {
      args: browserFlags,
      ...(browser.executablePath && { executablePath: browser.executablePath }),
      env: { ...process.env, ...browser.env } as Record<string, string>,
    },
  },
})
