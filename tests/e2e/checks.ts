import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

export const views = [1440, 360].flatMap((width) =>
  (['dark', 'light'] as const).map((colorScheme) => ({ viewport: { width, height: width > 700 ? 900 : 780 }, colorScheme })),
)

export const nameView = ({ viewport, colorScheme }: (typeof views)[number]) => `at ${viewport.width} px, ${colorScheme}`

/** What the browser complains about while a page is used: errors, warnings and policy violations alike. */
export function collectComplaints(page: Page): string[] {
  const complaints: string[] = []
  page.on('console', (message) => void complaints.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => void complaints.push(error.message))
  page.on('requestfailed', (request) => void complaints.push(`failed: ${request.url()}`))
  return complaints
}

/** No violation, and every text pair measured: a pair that axe cannot judge counts as a fault as well. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }))
  const { violations, incomplete } = await new AxeBuilder({ page }).analyze()
  const describe = (found: typeof violations) =>
    found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`)
  expect(describe(violations)).toEqual([])
  expect(describe(incomplete.filter(({ id }) => id === 'color-contrast'))).toEqual([])
}

/** One template makes every operation: the first of each method and the largest stand for all, for axe takes minutes over the whole page. */
export async function keepSample(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen = new Set(['createProviderKey'])
    for (const operation of document.querySelectorAll('section.part')) {
      const method = operation.querySelector('.method')?.textContent ?? ''
      if (seen.has(operation.id)) continue
      if (method !== '' && seen.has(method)) operation.remove()
      seen.add(method)
    }
  })
}

export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const { content, window } = await page.evaluate(() => ({ content: document.documentElement.scrollWidth, window: innerWidth }))
  expect(content).toBeLessThanOrEqual(window)
}
