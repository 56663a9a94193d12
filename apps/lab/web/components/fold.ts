import { type Ref, ref } from 'vue'

/** What is folded on a phone, where the page would be too long. A wider screen shows it all the same: the style sheet decides. */
export function useFold(): { readonly isOpen: Readonly<Ref<boolean>>; toggle(): void } {
  const isOpen = ref(false)
  return {
    isOpen,
    toggle() {
      isOpen.value = !isOpen.value
    },
  }
}
