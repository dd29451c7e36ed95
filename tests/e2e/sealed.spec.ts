import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { collectComplaints, expectAccessible, expectNoSidewaysScroll, nameView, views } from './checks'
import { type Product, startProduct } from './product'

const token = 'a-token-of-this-test-and-of-no-other-place'
// One worker for all of them: each would start a service of its own.
test.describe.configure({ mode: 'default' })

let directory: string
let sealed: Product

test.beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keylease-sealed-'))
  await (await startProduct(directory, token)).stop()
  await rm(join(directory, 'root.key'))
  sealed = await startProduct(directory, token)
})

test.afterAll(async () => {
  await sealed?.stop()
  await rm(directory, { recursive: true, force: true })
})

for (const view of views) {
  test.describe(nameView(view), () => {
    test.use(view)

    test('a sealed service says why and what to do, on every page', async ({ page }) => {
      const complaints = collectComplaints(page)
      await page.goto(`${sealed.url}/api/docs`)
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('The service is sealed')
      await expect(page.getByText('KEYLEASE_ROOT_KEY_FILE')).not.toHaveCount(0)
      await expectAccessible(page)
      await expectNoSidewaysScroll(page)
      expect(complaints.filter((complaint) => !complaint.includes('503'))).toEqual([])
    })
  })
}
