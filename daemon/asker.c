/* SPDX-License-Identifier: BSD-2-Clause */
#include "asker.h"

#include "daemon/hash.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME_SIZE 1024

void asker_table_deinit(AskerTable *table)
{
        assert(!table->by_key);
        (void)table;
}

/* Each kind of name behind a word of its own, so that none can be taken for another. */
static void write_name(const Identity *identity, uid_t uid, char *name, size_t size)
{
        const VmFact *vm = identity ? &identity->vm : NULL;

        if (vm && vm->state == VM_KNOWN)
                (void)snprintf(name, size, vm->name ? "vm %s" : "vm-uuid %s",
                        vm->name ? vm->name : vm->uuid);
        else if (identity && identity->evidence->unit)
                (void)snprintf(name, size, "unit %s", identity->evidence->unit);
        else
                (void)snprintf(name, size, "uid %u", uid);
}

static Asker *asker_new(AskerTable *table, const char *key, bool may_be_vm)
{
        size_t size = strlen(key);
        Asker *asker = malloc(sizeof(*asker) + size + 1);

        if (!asker)
                return NULL;
        *asker = (Asker){.table = table, .may_be_vm = may_be_vm, .name = asker->key + 1};
        TAILQ_INIT(&asker->silent);
        memcpy(asker->key, key, size + 1);
        HASH_ADD_KEYPTR(hh, table->by_key, asker->key, size, asker);
        if (!HASH_ADDED(asker)) {
                free(asker);
                return NULL;
        }
        return asker;
}

Asker *asker_get(AskerTable *table, const Identity *identity, uid_t uid)
{
        bool may_be_vm = identity && identity->vm.state != VM_NONE;
        char key[1 + NAME_SIZE] = {may_be_vm ? 'v' : '-'};
        Asker *asker;

        write_name(identity, uid, key + 1, NAME_SIZE);
        HASH_FIND(hh, table->by_key, key, strlen(key), asker);
        if (!asker)
                asker = asker_new(table, key, may_be_vm);
        return asker ? asker_ref(asker) : NULL;
}

Asker *asker_ref(Asker *asker)
{
        asker->refs++;
        return asker;
}

Asker *asker_unref(Asker *asker)
{
        if (!asker || --asker->refs > 0)
                return NULL;
        HASH_DEL(asker->table->by_key, asker);
        free(asker);
        return NULL;
}

void asker_charge(Asker *asker, Charge *charge)
{
        *charge = (Charge){.asker = asker};
        asker->charged++;
}

void charge_mute(Charge *charge)
{
        if (!charge->is_silent)
                TAILQ_INSERT_TAIL(&charge->asker->silent, charge, link);
        charge->is_silent = true;
}

void charge_unmute(Charge *charge)
{
        if (charge->is_silent)
                TAILQ_REMOVE(&charge->asker->silent, charge, link);
        charge->is_silent = false;
}

void charge_clear(Charge *charge)
{
        if (!charge->asker)
                return;
        charge_unmute(charge);
        charge->asker->charged--;
        charge->asker = asker_unref(charge->asker);
}

Asker *asker_table_heaviest(const AskerTable *table)
{
        Asker *asker, *next, *heaviest = NULL;

        HASH_ITER(hh, table->by_key, asker, next)
        if (asker->charged > (heaviest ? heaviest->charged : 0))
                heaviest = asker;
        return heaviest;
}
