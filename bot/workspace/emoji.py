"""The emoji names that people and the bot commonly write, and their characters.

Refuses to be complete: a name that is not here is shown as written, as Slack does with an unknown one.
"""

# One line a family, `name character` pairs: easier to read and to extend than 150 lines of a dictionary.
_FAMILIES = (
    "smile 😄 grinning 😀 slightly_smiling_face 🙂 joy 😂 wink 😉 sweat_smile 😅",
    "thinking_face 🤔 neutral_face 😐",
    "cry 😢 scream 😱 sleeping 😴 zzz 💤 relieved 😌 confused 😕 dizzy_face 😵 sunglasses 😎",
    "shrug 🤷 eyes 👀",
    "+1 👍 thumbsup 👍 -1 👎 thumbsdown 👎 clap 👏 wave 👋 raised_hands 🙌 pray 🙏 muscle 💪",
    "ok_hand 👌 point_right 👉",
    "point_up ☝️ point_down 👇 hand ✋ raised_hand ✋ writing_hand ✍️ palm_tree 🌴 tada 🎉",
    "rocket 🚀 fire 🔥 100 💯",
    "heart ❤️ green_heart 💚 yellow_heart 💛 broken_heart 💔 star ⭐ star2 🌟 sparkles ✨",
    "boom 💥 zap ⚡ sunny ☀️",
    "cloud ☁️ snowflake ❄️ ocean 🌊 earth_africa 🌍 crescent_moon 🌙 umbrella ☔",
    "thermometer 🌡️ droplet 💧 coffee ☕",
    "white_check_mark ✅ heavy_check_mark ✔️ ballot_box_with_check ☑️ x ❌",
    "negative_squared_cross_mark ❎",
    "heavy_multiplication_x ✖️ warning ⚠️ no_entry ⛔ no_entry_sign 🚫 octagonal_sign 🛑",
    "rotating_light 🚨 sos 🆘",
    "question ❓ grey_question ❔ exclamation ❗ heavy_exclamation_mark ❗ bangbang ‼️",
    "information_source ℹ️",
    "red_circle 🔴 large_orange_circle 🟠 large_yellow_circle 🟡 large_green_circle 🟢",
    "large_blue_circle 🔵",
    "large_purple_circle 🟣 white_circle ⚪ black_circle ⚫ large_red_square 🟥",
    "large_orange_square 🟧",
    "large_yellow_square 🟨 large_green_square 🟩 large_blue_square 🟦",
    "white_large_square ⬜ black_large_square ⬛",
    "small_red_triangle 🔺 small_red_triangle_down 🔻 arrow_right ➡️ arrow_left ⬅️",
    "arrow_up ⬆️ arrow_down ⬇️",
    "arrow_forward ▶️ rewind ⏪ fast_forward ⏩ leftwards_arrow_with_hook ↩️",
    "arrows_counterclockwise 🔄 repeat 🔁",
    "double_vertical_bar ⏸️ black_square_for_stop ⏹️ arrow_heading_up ⤴️",
    "heavy_plus_sign ➕ heavy_minus_sign ➖",
    "hourglass ⌛ hourglass_flowing_sand ⏳ watch ⌚ alarm_clock ⏰ stopwatch ⏱️ clock1 🕐",
    "clock3 🕒 calendar 📅 date 📅",
    "bell 🔔 no_bell 🔕 mute 🔇 speaker 🔈 loudspeaker 📢 mega 📣 speech_balloon 💬",
    "thought_balloon 💭 envelope ✉️",
    "lock 🔒 unlock 🔓 key 🔑 shield 🛡️ hammer 🔨 wrench 🔧 hammer_and_wrench 🛠️ gear ⚙️",
    "nut_and_bolt 🔩 toolbox 🧰",
    "electric_plug 🔌 battery 🔋 low_battery 🪫 bulb 💡 flashlight 🔦 satellite_antenna 📡",
    "fire_extinguisher 🧯 zombie 🧟",
    "computer 💻 desktop_computer 🖥️ keyboard ⌨️ printer 🖨️ floppy_disk 💾 cd 💿",
    "minidisc 💽 optical_disk 💿 tv 📺",
    "camera 📷 iphone 📱 telephone ☎️ package 📦 file_cabinet 🗄️ card_index_dividers 🗂️",
    "file_folder 📁 link 🔗",
    "open_file_folder 📂 page_facing_up 📄 clipboard 📋 memo 📝 pencil ✏️ pencil2 ✏️ book 📖",
    "books 📚 notebook 📓",
    "bookmark 🔖 pushpin 📌 round_pushpin 📍 paperclip 📎 scissors ✂️ mag 🔍 mag_right 🔎",
    "bar_chart 📊 wastebasket 🗑️",
    "chart_with_upwards_trend 📈 chart_with_downwards_trend 📉 house 🏠",
    "house_with_garden 🏡 hospital 🏥 checkered_flag 🏁",
    "triangular_flag_on_post 🚩 white_flag 🏳️ construction 🚧 traffic_light 🚥 ambulance 🚑",
    "fire_engine 🚒 robot_face 🤖",
    "lifebuoy 🛟 ring_buoy 🛟 ghost 👻 bug 🐛 snail 🐌 turtle 🐢 dog 🐶 cat 🐱 bee 🐝 seedling 🌱",
    "recycle ♻️ new 🆕 ok 🆗",
    "one 1️⃣ two 2️⃣ three 3️⃣ four 4️⃣ five 5️⃣ six 6️⃣ seven 7️⃣ eight 8️⃣ nine 9️⃣",
    "zero 0️⃣ keycap_ten 🔟",
    "moneybag 💰 gift 🎁 crossed_fingers 🤞 handshake 🤝 technologist 🧑‍💻 runner 🏃",
    "detective 🕵️ stethoscope 🩺 pill 💊",
)


def _pairs() -> dict[str, str]:
    words = [word for family in _FAMILIES for word in family.split()]
    return dict(zip(words[0::2], words[1::2], strict=True))


EMOJI = _pairs()
