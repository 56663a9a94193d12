import { defineStore } from 'pinia'
import type { Notification } from '../../server/utils/events'

export const useNotifications = defineStore('notifications', {
  state: () => ({ items: [] as Notification[] }),
  actions: {
    add(notification: Notification) {
      if (!this.items.some(({ id }) => id === notification.id)) this.items.push(notification)
    },
    async load() {
      const { items, position } = await $fetch<{ items: Notification[]; position: string }>(
        '/api/notifications',
      )
      this.items = items
      return position
    },
  },
  sse: { events: { notification: 'add' }, resync: 'load' },
})
