import { expect, type Page, test } from '@playwright/test'
import { collectComplaints, expectAccessible, expectNoSidewaysScroll, keepSample, nameView, views } from './checks'

const operation = (page: Page, name: string) => page.getByRole('region', { name, exact: true })
const selectedTab = (page: Page) => operation(page, 'Create a project').getByRole('tab', { selected: true })

for (const view of views) {
  test.describe(`the reference page ${nameView(view)}`, () => {
    test.use(view)

    test('has no accessibility fault, no complaint and no sideways scroll', async ({ page }) => {
      const complaints = collectComplaints(page)
      await page.goto('/api/docs')
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Keylease API')
      await page.evaluate(() => {
        for (const details of document.querySelectorAll('details')) details.open = true
      })
      await expectNoSidewaysScroll(page)
      await keepSample(page)
      await expectAccessible(page)
      expect(complaints).toEqual([])
    })

    test('remembers the theme that was chosen', async ({ page }) => {
      await page.goto('/api/docs')
      const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      const before = await background()
      const other = view.colorScheme === 'dark' ? 'light' : 'dark'
      await page.getByRole('button', { name: `Use the ${other} theme` }).click()
      expect(await background()).not.toBe(before)
      await page.reload()
      expect(await background()).not.toBe(before)
    })

    test('remembers the language that was chosen, for every operation', async ({ page }) => {
      await page.goto('/api/docs')
      await operation(page, 'Create a project').getByRole('tab', { name: 'Python' }).click()
      await expect(operation(page, 'Delete a project').getByRole('tabpanel')).toContainText('urlopen')
      await page.reload()
      await expect(selectedTab(page)).toHaveText('Python')
    })

    test('copies the snippet that shows', async ({ page }) => {
      await page.goto('/api/docs')
      await operation(page, 'Create a project').getByRole('tab', { name: 'TypeScript' }).click()
      await operation(page, 'Create a project').getByRole('button', { name: 'Copy the request: Create a project' }).click()
      await expect(page.getByText('Copied to the clipboard')).toBeAttached()
      const copied = await page.evaluate(() => navigator.clipboard.readText())
      expect(copied).toBe(await operation(page, 'Create a project').getByRole('tabpanel').locator('pre').textContent())
      expect(copied).toContain("method: 'POST'")
    })
  })
}

test.describe('by keyboard alone', () => {
  test('the filter takes the slash, narrows the contents and leads to the first that fits', async ({ page }) => {
    await page.goto('/api/docs')
    await page.keyboard.press('/')
    await expect(page.getByRole('searchbox', { name: 'Filter the contents' })).toBeFocused()
    await page.keyboard.type('patch project')
    await expect(page.getByRole('navigation').getByRole('link')).toHaveText([/Change a project/])
    await expect(page.getByText('1 entry fits.')).toBeVisible()
    await page.keyboard.press('Enter')
    await expect(page).toHaveURL(/#updateProject$/)
    await expect(operation(page, 'Change a project')).toBeInViewport()
    await page.keyboard.press('/')
    await page.keyboard.press('Escape')
    await expect(page.getByRole('navigation').getByRole('link', { name: 'Introduction' })).toBeVisible()
  })

  test('the first stop skips to the content, and the next ones show where they are', async ({ page }) => {
    await page.goto('/api/docs')
    await page.keyboard.press('Tab')
    await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle)
    expect(await page.evaluate(() => document.activeElement?.closest('main') !== null)).toBe(true)
    expect(outline).not.toBe('none')
  })

  test('arrows move between the languages', async ({ page }) => {
    await page.goto('/api/docs')
    await selectedTab(page).focus()
    await page.keyboard.press('ArrowRight')
    await expect(selectedTab(page)).toHaveText('TypeScript')
    await expect(selectedTab(page)).toBeFocused()
    await page.keyboard.press('End')
    await expect(selectedTab(page)).toHaveText('Python')
    await page.keyboard.press('ArrowRight')
    await expect(selectedTab(page)).toHaveText('curl')
  })
})

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 780 }, hasTouch: true, isMobile: true })

  test('the contents open from a button, lead to an operation and close', async ({ page }) => {
    await page.goto('/api/docs')
    await keepSample(page)
    await page.getByRole('button', { name: 'Contents' }).tap()
    await expectAccessible(page)
    await page.reload()
    await page.getByRole('button', { name: 'Contents' }).tap()
    await page
      .getByRole('navigation')
      .getByRole('link', { name: /Delete a project/ })
      .tap()
    await expect(page).toHaveURL(/#deleteProject$/)
    await expect(page.getByRole('navigation')).toBeHidden()
    await expect(operation(page, 'Delete a project')).toBeInViewport()
  })

  test('everything that is touched is at least 44 px high and wide', async ({ page }) => {
    await page.goto('/api/docs')
    await page.getByRole('button', { name: 'Contents' }).tap()
    const small = await page.evaluate(() =>
      [...document.querySelectorAll('button, summary, input, nav a, header a')]
        .filter((element) => element.checkVisibility())
        .map((element) => ({ text: element.textContent, box: element.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 0 && (box.height < 44 || box.width < 44))
        .map(({ text }) => text),
    )
    expect(small).toEqual([])
  })
})

test('the contents mark the operation that is read', async ({ page }) => {
  await page.goto('/api/docs')
  const contents = page.getByRole('navigation')
  await expect(contents.locator('[aria-current]')).toHaveText('Introduction')
  await contents.getByRole('link', { name: /Get a project/ }).click()
  await expect(contents.locator('[aria-current]')).toContainText('Get a project')
})

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false })

  test('every snippet shows and no control that would do nothing', async ({ page }) => {
    await page.goto('/api/docs')
    const create = operation(page, 'Create a project')
    for (const text of ['curl -sS', 'await fetch', 'urlopen(request)']) await expect(create.getByText(text).first()).toBeVisible()
    await expect(page.getByRole('button', { name: /Copy/ })).toHaveCount(0)
    await expect(page.getByRole('searchbox')).toHaveCount(0)
  })
})

test('the first page of a browser leads to the reference', async ({ page }) => {
  await page.goto('/')
  await expect(page).toHaveURL(/\/api\/docs$/)
})
