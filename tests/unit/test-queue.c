/* SPDX-License-Identifier: BSD-2-Clause */

#include "daemon/queue.h"

#include "random.h"
#include "table.h"

#include <stdio.h>

#define ASKERS_MAX  6
#define TASKS_MAX   64
#define ROUNDS      2000u
#define ROUND_STEPS 200u

typedef struct Fixture {
        AskerTable table;
        Asker *askers[ASKERS_MAX]; /* the last three may be VMs */
        Queue queue;
        Task tasks[TASKS_MAX];
} Fixture;

static Asker *make_asker(AskerTable *table, unsigned number)
{
        Evidence evidence = {};
        Identity identity = {.vm = {.state = VM_NONE}, .evidence = &evidence};
        char name[16];

        (void)snprintf(name, sizeof(name), "vm%u", number);
        if (number >= ASKERS_MAX / 2)
                identity.vm = (VmFact){.state = VM_KNOWN, .name = name};
        return asker_get(table, &identity, number);
}

static void set_up(Fixture *fixture, unsigned workers)
{
        *fixture = (Fixture){};
        for (unsigned i = 0; i < ASKERS_MAX; i++) {
                fixture->askers[i] = make_asker(&fixture->table, i);
                assert_non_null(fixture->askers[i]);
        }
        queue_init(&fixture->queue, workers);
}

static void tear_down(Fixture *fixture)
{
        queue_deinit(&fixture->queue);
        for (unsigned i = 0; i < ASKERS_MAX; i++)
                (void)asker_unref(fixture->askers[i]);
        asker_table_deinit(&fixture->table);
}

static void add(Fixture *fixture, unsigned task, unsigned asker)
{
        fixture->tasks[task].asker = fixture->askers[asker];
        assert_true(queue_add(&fixture->queue, &fixture->tasks[task]));
}

/* Takes a task, and has it done at once. Returns its asker's number. */
static unsigned serve(Fixture *fixture)
{
        Task *task = queue_take(&fixture->queue);
        unsigned asker = 0;

        assert_non_null(task);
        queue_done(&fixture->queue, task);
        while (fixture->askers[asker] != task->asker)
                asker++;
        return asker;
}

static void test_askers_take_turns(void **state)
{
        static const unsigned turns[] = {0, 1, 2, 0, 1, 0, 0};
        Fixture fixture;

        (void)state;
        set_up(&fixture, 1);
        for (unsigned i = 0; i < 4; i++)
                add(&fixture, i, 0);
        add(&fixture, 4, 1);
        add(&fixture, 5, 1);
        add(&fixture, 6, 2);
        for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++)
                assert_int_equal(serve(&fixture), turns[i]);
        assert_null(queue_take(&fixture.queue));
        tear_down(&fixture);
}

/* Tasks of one asker that are taken while the queue has so many workers. */
static unsigned taken_at_once(unsigned workers, unsigned asker)
{
        Fixture fixture;
        Task *taken[TASKS_MAX];
        unsigned count = 0;

        set_up(&fixture, workers);
        for (unsigned i = 1; i < TASKS_MAX; i++)
                add(&fixture, i, asker);
        while (count < workers && (taken[count] = queue_take(&fixture.queue)))
                count++;
        add(&fixture, 0, 0); /* another one's is not held up */
        if (count < workers)
                assert_ptr_equal(queue_take(&fixture.queue), &fixture.tasks[0]);
        else
                queue_remove(&fixture.queue, &fixture.tasks[0]);
        queue_done(&fixture.queue, &fixture.tasks[0]);
        for (unsigned i = 0; i < count; i++)
                queue_done(&fixture.queue, taken[i]);
        for (Task *task; (task = queue_any(&fixture.queue));)
                queue_remove(&fixture.queue, task);
        tear_down(&fixture);
        return count;
}

typedef struct ShareRow {
        const char *name;
        unsigned workers, vm_share, share;
} ShareRow;

static const ShareRow share_rows[] = {
        {"the shares of 1 worker", 1, 1, 1},
        {"the shares of 2 workers", 2, 1, 2},
        {"the shares of 3 workers", 3, 2, 2},
        {"the shares of 5 workers", 5, 3, 4},
        {"the shares of 8 workers", 8, 4, 7},
};

static void test_share(void **state)
{
        const ShareRow *row = *state;

        assert_int_equal(taken_at_once(row->workers, ASKERS_MAX - 1), row->vm_share);
        assert_int_equal(taken_at_once(row->workers, 1), row->share);
}

static void test_surplus(void **state)
{
        Fixture fixture;

        (void)state;
        set_up(&fixture, 1);
        for (unsigned i = 0; i < 3; i++)
                add(&fixture, i, 0);
        add(&fixture, 3, 1);
        add(&fixture, 4, 1);
        assert_ptr_equal(queue_surplus(&fixture.queue, fixture.askers[1]), &fixture.tasks[2]);
        assert_ptr_equal(queue_surplus(&fixture.queue, fixture.askers[2]), &fixture.tasks[2]);
        assert_null(queue_surplus(&fixture.queue, fixture.askers[0]));
        queue_remove(&fixture.queue, &fixture.tasks[2]);
        assert_null(queue_surplus(&fixture.queue, fixture.askers[1]));
        for (Task *task; (task = queue_any(&fixture.queue));)
                queue_remove(&fixture.queue, task);
        tear_down(&fixture);
}

static void test_done_twice(void **state)
{
        Fixture fixture;
        Task *task;

        (void)state;
        set_up(&fixture, 1);
        add(&fixture, 0, 0);
        task = queue_take(&fixture.queue);
        queue_done(&fixture.queue, task);
        queue_done(&fixture.queue, task);
        add(&fixture, 0, 0);
        assert_int_equal(serve(&fixture), 0);
        tear_down(&fixture);
}

/* The same in arrays: who has waited for a turn for longest, and what he has. */
typedef struct Model {
        enum { FREE, WAITS, TAKEN } states[TASKS_MAX];
        unsigned askers[TASKS_MAX];
        uint64_t arrived[TASKS_MAX];
        uint64_t turn[ASKERS_MAX]; /* since when he waits for one; 0 = he does not */
        uint64_t clock;
        unsigned workers;
} Model;

static unsigned count_of(const Model *model, unsigned asker, int wanted)
{
        unsigned count = 0;

        for (unsigned i = 0; i < TASKS_MAX; i++)
                count += model->askers[i] == asker && (int)model->states[i] == wanted;
        return count;
}

static void settle(Model *model, unsigned asker)
{
        unsigned reserved = model->workers > 2 ? 1 : 0;
        unsigned limit = model->workers - (asker >= ASKERS_MAX / 2 ? model->workers / 2 : reserved);
        bool may = count_of(model, asker, WAITS) > 0 && count_of(model, asker, TAKEN) < limit;

        if (!may)
                model->turn[asker] = 0;
        else if (model->turn[asker] == 0)
                model->turn[asker] = ++model->clock;
}

/* The task to be taken, or -1. */
static int next(const Model *model)
{
        int best = -1;

        for (unsigned i = 0; i < TASKS_MAX; i++) {
                uint64_t turn = model->turn[model->askers[i]];

                if (model->states[i] != WAITS || turn == 0)
                        continue;
                if (best < 0 || turn < model->turn[model->askers[best]] ||
                        (turn == model->turn[model->askers[best]] &&
                                model->arrived[i] < model->arrived[best]))
                        best = (int)i;
        }
        return best;
}

static void take(Fixture *fixture, Model *model)
{
        int expected = next(model);
        Task *task = queue_take(&fixture->queue);

        assert_ptr_equal(task, expected < 0 ? NULL : &fixture->tasks[expected]);
        if (!task)
                return;
        model->states[expected] = TAKEN;
        model->turn[model->askers[expected]] = 0;
        settle(model, model->askers[expected]);
}

static void step(Fixture *fixture, Model *model, Random *random)
{
        unsigned i = (unsigned)random_below(random, TASKS_MAX);
        bool wants_task = random_below(random, 2) == 0;

        if (model->states[i] == FREE) {
                model->askers[i] = (unsigned)random_below(random, ASKERS_MAX);
                model->arrived[i] = ++model->clock;
                model->states[i] = WAITS;
                add(fixture, i, model->askers[i]);
        } else if (wants_task) {
                take(fixture, model);
                return;
        } else if (model->states[i] == WAITS) {
                model->states[i] = FREE;
                queue_remove(&fixture->queue, &fixture->tasks[i]);
        } else {
                model->states[i] = FREE;
                queue_done(&fixture->queue, &fixture->tasks[i]);
        }
        settle(model, model->askers[i]);
}

static void test_against_model(void **state)
{
        Random random = {0x5EED};

        (void)state;
        for (unsigned round = 0; round < ROUNDS; round++) {
                Fixture fixture;
                Model model = {.workers = 1 + (unsigned)random_below(&random, 8)};

                set_up(&fixture, model.workers);
                for (unsigned i = 0; i < ROUND_STEPS; i++)
                        step(&fixture, &model, &random);
                for (unsigned i = 0; i < TASKS_MAX; i++) {
                        if (model.states[i] == WAITS)
                                queue_remove(&fixture.queue, &fixture.tasks[i]);
                        if (model.states[i] == TAKEN)
                                queue_done(&fixture.queue, &fixture.tasks[i]);
                }
                assert_int_equal(fixture.queue.waiting, 0);
                tear_down(&fixture);
        }
}

int main(void)
{
        Table table = {};

        table_add(&table, "askers take turns", test_askers_take_turns, NULL);
        table_add_rows(&table, test_share, ROWS(share_rows));
        table_add(&table, "who has most loses one", test_surplus, NULL);
        table_add(&table, "done twice", test_done_twice, NULL);
        table_add(&table, "2,000 histories against a model", test_against_model, NULL);
        return table_run(&table, "queue");
}
