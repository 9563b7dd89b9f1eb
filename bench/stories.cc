// SPDX-License-Identifier: Apache-2.0

#include "bench/stories.h"

#include <array>

namespace vmtrail::bench {
namespace {

using enum By;
using enum VmState;
using enum Outcome;

constexpr At kNowhere = At::nowhere;
constexpr At kSource = At::source;
constexpr At kDestination = At::destination;

// As fixtures/captures/ has them; what those lack (pause, suspend, snapshot, rebuild in place,
// revert) from nova/compute/manager.py, release 26. The pauses are those of a data centre, not of
// the captures' fake hypervisor.

constexpr Step kBoot[] = {
    {"scheduler.select_destinations.start", scheduler, kNowhere, building, ""},
    {"scheduler.select_destinations.end", scheduler, kNowhere, building, "", 60},
    {kUpdate, conductor, kNowhere, building, "scheduling", 60},
    {kUpdate, controller, kNowhere, building, "", 90},
    {".create.start", destination, kNowhere, building, "", 10},
    {kUpdate, controller, kDestination, building, "", 40},
    {kUpdate, controller, kDestination, building, "networking", 50},
    {kUpdate, controller, kDestination, building, "block_device_mapping", 1500},
    {kUpdate, controller, kDestination, building, "spawning", 400},
    {kUpdate, controller, kDestination, active, "", 6000},
    {kCreateEnd, destination, kDestination, active, "", 15},
};

constexpr Step kDelete[] = {
    {kUpdate, controller, kSource, as_before, "deleting"},
    {".delete.start", source, kSource, as_before, "deleting", 90},
    {".shutdown.start", source, kSource, as_before, "deleting", 15},
    {".shutdown.end", source, kSource, as_before, "deleting", 2000},
    {kUpdate, controller, kSource, deleted, "", 50},
    {kDeleteEnd, source, kSource, deleted, "", 300},
};

// An update that was on its way for longer.
constexpr Step kDeleteAndLateUpdate[] = {
    {kUpdate, controller, kSource, as_before, "deleting"},
    {".delete.start", source, kSource, as_before, "deleting", 90},
    {".shutdown.start", source, kSource, as_before, "deleting", 15},
    {".shutdown.end", source, kSource, as_before, "deleting", 2000},
    {kDeleteEnd, source, kSource, deleted, "", 300},
    {kUpdate, controller, kSource, deleted, "", 700},
};

// libvirt saves the progress every five seconds.
constexpr Step kLiveMigration[] = {
    {kUpdate, controller, kSource, as_before, "migrating"},
    {"scheduler.select_destinations.start", scheduler, kNowhere, as_before, "", 170},
    {"scheduler.select_destinations.end", scheduler, kNowhere, as_before, "", 60},
    {".live_migration.pre.start", destination, kSource, as_before, "migrating", 240},
    {".live_migration.pre.end", destination, kSource, as_before, "migrating", 900},
    {kUpdate, controller, kSource, as_before, "migrating", 5000, 8},
    {".live_migration._post.start", source, kSource, as_before, "migrating", 700},
    {".live_migration.post.dest.start", destination, kSource, as_before, "migrating", 75},
    {kUpdate, controller, kDestination, as_before, "", 300},
    {".live_migration.post.dest.end", destination, kDestination, as_before, "", 10},
    {".live_migration._post.end", source, kSource, as_before, "migrating", 90},
};

constexpr Step kLiveMigrationFailed[] = {
    {kUpdate, controller, kSource, as_before, "migrating"},
    {"scheduler.select_destinations.start", scheduler, kNowhere, as_before, "", 170},
    {"scheduler.select_destinations.end", scheduler, kNowhere, as_before, "", 60},
    {".live_migration.pre.start", destination, kSource, as_before, "migrating", 240},
    {".live_migration.pre.end", destination, kSource, as_before, "migrating", 900},
    {kUpdate, controller, kSource, as_before, "migrating", 5000, 8},
    {".live_migration._rollback.start", source, kSource, as_before, "migrating", 700},
    {kUpdate, controller, kSource, as_before, "", 50},
    {".live_migration._rollback.end", source, kSource, as_before, "", 30},
    {".live_migration.rollback.dest.start", destination, kSource, as_before, "migrating", 25},
    {".live_migration.rollback.dest.end", destination, kSource, as_before, "migrating", 20},
};

// The destination's exception is named after the method that failed.
constexpr Step kLiveMigrationRefused[] = {
    {kUpdate, controller, kSource, as_before, "migrating"},
    {"scheduler.select_destinations.start", scheduler, kNowhere, as_before, "", 170},
    {"scheduler.select_destinations.end", scheduler, kNowhere, as_before, "", 60},
    {".live_migration.pre.start", destination, kSource, as_before, "migrating", 240},
    {"pre_live_migration", destination, kNowhere, as_before, "", 200},
    {".live_migration._rollback.start", source, kSource, as_before, "migrating", 250},
    {kUpdate, controller, kSource, as_before, "", 50},
    {".live_migration._rollback.end", source, kSource, as_before, "", 30},
};

constexpr Step kResize[] = {
    {kUpdate, controller, kSource, as_before, "resize_prep"},
    {"scheduler.select_destinations.start", scheduler, kNowhere, as_before, "", 270},
    {"scheduler.select_destinations.end", scheduler, kNowhere, as_before, "", 110},
    {kExists, destination, kSource, as_before, "resize_prep", 50},
    {".resize.prep.start", destination, kSource, as_before, "resize_prep", 5},
    {kUpdate, controller, kSource, as_before, "resize_prep", 60},
    {".resize.prep.end", destination, kSource, as_before, "resize_prep", 220},
    {kUpdate, controller, kSource, as_before, "resize_migrating", 120},
    {".resize.start", source, kSource, as_before, "resize_migrating", 25},
    {kUpdate, controller, kDestination, as_before, "resize_migrated", 20000},
    {".resize.end", source, kDestination, as_before, "resize_migrated", 30},
    {kUpdate, controller, kDestination, as_before, "resize_finish", 75},
    {".finish_resize.start", destination, kDestination, as_before, "resize_finish", 25},
    {kUpdate, controller, kDestination, resized, "", 4000},
    {".finish_resize.end", destination, kDestination, resized, "", 10},
};

// Here the source is the host that the resize left.
constexpr Step kConfirm[] = {
    {".resize.confirm.start", source, kDestination, resized, ""},
    {kUpdate, controller, kDestination, before_that, "", 230},
    {".resize.confirm.end", source, kDestination, before_that, "", 20},
    {kUpdate, controller, kDestination, before_that, "", 110},
};

constexpr Step kRevert[] = {
    {kUpdate, controller, kDestination, resized, "resize_reverting"},
    {kExists, destination, kDestination, resized, "resize_reverting", 500},
    {".resize.revert.start", source, kDestination, resized, "resize_reverting", 500},
    {kUpdate, controller, kSource, resized, "resize_reverting", 500},
    {kUpdate, controller, kSource, before_that, "", 2500},
    {".resize.revert.end", source, kSource, before_that, "", 100},
    {kUpdate, controller, kSource, before_that, "", 200},
};

constexpr Step kEvacuation[] = {
    {kUpdate, controller, kSource, active, "rebuilding"},
    {".evacuate", controller, kSource, active, "rebuilding", 25},
    {"scheduler.select_destinations.start", scheduler, kNowhere, active, "", 120},
    {"scheduler.select_destinations.end", scheduler, kNowhere, active, "", 170},
    {".rebuild.scheduled", controller, kSource, active, "rebuilding", 10},
    {kUpdate, controller, kSource, active, "rebuilding", 100},
    {kExists, destination, kSource, active, "rebuilding", 110},
    {".rebuild.start", destination, kSource, active, "rebuilding", 10},
    {kUpdate, controller, kSource, active, "rebuilding", 50},
    {kUpdate, controller, kSource, active, "rebuild_block_device_mapping", 60},
    {kUpdate, controller, kSource, active, "rebuild_spawning", 40},
    {kUpdate, controller, kSource, active, "", 8000},
    {".rebuild.end", destination, kSource, active, "", 15},
    {kUpdate, controller, kDestination, active, "", 20},
};

constexpr Step kRebuild[] = {
    {kUpdate, controller, kSource, active, "rebuilding"},
    {".rebuild.scheduled", controller, kSource, active, "rebuilding", 100},
    {kExists, source, kSource, active, "rebuilding", 110},
    {".rebuild.start", source, kSource, active, "rebuilding", 10},
    {kUpdate, controller, kSource, active, "rebuilding", 50},
    {kUpdate, controller, kSource, active, "rebuild_block_device_mapping", 1500},
    {kUpdate, controller, kSource, active, "rebuild_spawning", 400},
    {kUpdate, controller, kSource, active, "", 8000},
    {".rebuild.end", source, kSource, active, "", 15},
};

constexpr Step kShelve[] = {
    {kUpdate, controller, kSource, active, "shelving"},
    {kExists, source, kSource, active, "shelving", 80},
    {".shelve.start", source, kSource, active, "shelving", 40},
    {kUpdate, controller, kSource, active, "shelving_image_uploading", 2000},
    {kUpdate, controller, kSource, shelved, "shelving_offloading", 30000},
    {".shelve.end", source, kSource, shelved, "shelving_offloading", 15},
    {".shelve_offload.start", source, kSource, shelved, "shelving_offloading", 30},
    {kUpdate, controller, kSource, shelved_offloaded, "", 3000},
    {kUpdate, controller, kNowhere, shelved_offloaded, "", 60},
    {".shelve_offload.end", source, kNowhere, shelved_offloaded, "", 40},
};

constexpr Step kUnshelve[] = {
    {kUpdate, controller, kNowhere, shelved_offloaded, "unshelving"},
    {"scheduler.select_destinations.start", scheduler, kNowhere, shelved_offloaded, "", 450},
    {"scheduler.select_destinations.end", scheduler, kNowhere, shelved_offloaded, "", 270},
    {".unshelve.start", destination, kNowhere, shelved_offloaded, "unshelving", 30},
    {kUpdate, controller, kNowhere, shelved_offloaded, "spawning", 15},
    {kUpdate, controller, kDestination, shelved_offloaded, "spawning", 50},
    {kUpdate, controller, kDestination, active, "", 9000},
    {".unshelve.end", destination, kDestination, active, "", 100},
};

constexpr Step kPowerOff[] = {
    {kUpdate, controller, kSource, active, "powering-off"},
    {".power_off.start", source, kSource, active, "powering-off", 70},
    {kUpdate, controller, kSource, stopped, "", 12000},
    {".power_off.end", source, kSource, stopped, "", 15},
};

constexpr Step kPowerOn[] = {
    {kUpdate, controller, kSource, stopped, "powering-on"},
    {".power_on.start", source, kSource, stopped, "powering-on", 110},
    {kUpdate, controller, kSource, active, "", 2500},
    {".power_on.end", source, kSource, active, "", 140},
};

constexpr Step kSoftReboot[] = {
    {kUpdate, controller, kSource, active, "rebooting"},
    {".reboot.start", source, kSource, active, "reboot_pending", 160},
    {kUpdate, controller, kSource, active, "reboot_pending", 40},
    {kUpdate, controller, kSource, active, "reboot_started", 60},
    {kUpdate, controller, kSource, active, "", 15000},
    {".reboot.end", source, kSource, active, "", 20},
};

constexpr Step kHardReboot[] = {
    {kUpdate, controller, kSource, active, "rebooting_hard"},
    {".reboot.start", source, kSource, active, "reboot_pending_hard", 160},
    {kUpdate, controller, kSource, active, "reboot_pending_hard", 40},
    {kUpdate, controller, kSource, active, "reboot_started_hard", 60},
    {kUpdate, controller, kSource, active, "", 4000},
    {".reboot.end", source, kSource, active, "", 20},
};

constexpr Step kPause[] = {
    {kUpdate, controller, kSource, active, "pausing"},
    {".pause.start", source, kSource, active, "pausing", 90},
    {kUpdate, controller, kSource, paused, "", 300},
    {".pause.end", source, kSource, paused, "", 15},
};

constexpr Step kUnpause[] = {
    {kUpdate, controller, kSource, paused, "unpausing"},
    {".unpause.start", source, kSource, paused, "unpausing", 90},
    {kUpdate, controller, kSource, active, "", 300},
    {".unpause.end", source, kSource, active, "", 15},
};

constexpr Step kSuspend[] = {
    {kUpdate, controller, kSource, active, "suspending"},
    {".suspend.start", source, kSource, active, "suspending", 90},
    {kUpdate, controller, kSource, suspended, "", 5000},
    {".suspend.end", source, kSource, suspended, "", 15},
};

constexpr Step kResume[] = {
    {kUpdate, controller, kSource, suspended, "resuming"},
    {".resume.start", source, kSource, suspended, "resuming", 90},
    {kUpdate, controller, kSource, active, "", 4000},
    {".resume.end", source, kSource, active, "", 15},
};

constexpr Step kSnapshot[] = {
    {kUpdate, controller, kSource, as_before, "image_snapshot_pending"},
    {".snapshot.start", source, kSource, as_before, "image_snapshot_pending", 90},
    {kUpdate, controller, kSource, as_before, "image_snapshot", 50},
    {kUpdate, controller, kSource, as_before, "image_pending_upload", 1500},
    {kUpdate, controller, kSource, as_before, "image_uploading", 500},
    {kUpdate, controller, kSource, as_before, "", 30000},
    {".snapshot.end", source, kSource, as_before, "", 15},
};

// A rename, a lock, new metadata, a periodic task that saves what it found.
constexpr Step kSave[] = {
    {kUpdate, controller, kSource, as_before, ""},
};

constexpr Operation kBootOperation = {kBoot, building, active, 0, moves};

constexpr Operation kOperations[] = {
    {kLiveMigration, active, as_before, 230, moves},
    {kLiveMigrationFailed, active, as_before, 6},
    {kLiveMigrationRefused, active, as_before, 4},
    {kResize, as_before, resized, 60, resizes},
    {kEvacuation, active, as_before, 3, moves},
    {kRebuild, active, active, 30},
    {kShelve, active, shelved_offloaded, 30, offloads},
    {kPowerOff, active, stopped, 150},
    {kSoftReboot, active, active, 70},
    {kHardReboot, active, active, 50},
    {kPause, active, paused, 25},
    {kSuspend, active, suspended, 25},
    {kSnapshot, as_before, as_before, 100},
    {kSave, as_before, as_before, 120, stays, true},
    {kDelete, as_before, deleted, 60, goes},
    {kDeleteAndLateUpdate, as_before, deleted, 6, goes},
    {kPowerOn, stopped, active, 600},
    {kUnpause, paused, active, 95},
    {kDelete, paused, deleted, 5, goes},
    {kResume, suspended, active, 95},
    {kDelete, suspended, deleted, 5, goes},
    {kConfirm, resized, before_that, 75, confirms},
    {kRevert, resized, before_that, 25, reverts},
    {kUnshelve, shelved_offloaded, active, 1, moves},
};

}  // namespace

std::string_view name(VmState state) {
  switch (state) {
    case as_before:
    case before_that:
      return "";
    case building:
      return "building";
    case active:
      return "active";
    case stopped:
      return "stopped";
    case paused:
      return "paused";
    case suspended:
      return "suspended";
    case resized:
      return "resized";
    case shelved:
      return "shelved";
    case shelved_offloaded:
      return "shelved_offloaded";
    case deleted:
      return "deleted";
  }
  return "";
}

const Operation& boot() {
  return kBootOperation;
}

std::span<const Operation> operations() {
  return kOperations;
}

}  // namespace vmtrail::bench
